// Asking the server. The token comes with the address, stays in this tab, and leaves the address line at once.
const opened = new URLSearchParams(location.search).get("token");
if (opened) {
  sessionStorage.setItem("token", opened);
  history.replaceState(null, "", "/");
}
const token = sessionStorage.getItem("token") ?? "";

/** Why a question was not answered: the server's words in both languages. */
export class Refused extends Error {
  constructor(status, error) {
    super(error?.id ?? String(status));
    this.status = status;
    this.error = error;
  }
}

async function send(path, question, signal) {
  let answer;
  try {
    answer = await fetch("/api/" + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Tokumei-Token": token },
      body: JSON.stringify(question),
      signal,
    });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Refused(0, null);
  }
  if (!answer.ok) {
    const said = await answer.json().catch(() => null);
    throw new Refused(answer.status, said?.error);
  }
  return answer;
}

/** Asks for JSON. */
export const ask = async (path, question = {}) => (await send(path, question)).json();

/** Asks for a picture and returns the address of it in this page. */
export const picture = async (question, signal) =>
  URL.createObjectURL(await (await send("picture", question, signal)).blob());

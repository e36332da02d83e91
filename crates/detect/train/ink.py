"""Made-up lines of text, drawn in many fonts, sizes and styles. Every name, date and number is invented here."""
import functools
import glob
import os

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = "/usr/share/fonts"
JAPANESE = """ipag ipagp ipam ipamp ipaexg ipaexm TakaoGothic TakaoPGothic TakaoMincho VL-Gothic-Regular VL-PGothic-Regular
NotoSansCJK-Regular NotoSansCJK-Bold NotoSansCJK-Light NotoSerifCJK-Regular NotoSerifCJK-Bold umeplus-gothic
umeplus-p-gothic HanaMinA DroidSansFallbackFull wqy-zenhei unifont kouzan-mouhitsu-gyosho""".split()
LATIN = """DejaVuSans DejaVuSans-Bold DejaVuSansMono DejaVuSansMono-Bold DejaVuSerif DejaVuSansCondensed LiberationSans-Regular
LiberationSans-Bold LiberationMono-Regular LiberationSerif-Regular LiberationSansNarrow-Regular FreeSans FreeMono FreeMonoBold
FreeSerif FreeSansBold Roboto-Regular Roboto-Light Roboto-Medium Inconsolata OpenSans-Regular OpenSans-Semibold Lato-Regular
Lato-Light NotoSans-Regular NotoSans-Bold NotoMono-Regular NotoSerif-Regular Arimo-Regular Cousine-Regular Tinos-Regular
NimbusSans-Regular NimbusMonoPS-Regular NimbusSansNarrow-Bold C059-Roman unifont ipag VL-Gothic-Regular
NotoSansCJK-Regular DejaVuSans-Oblique LiberationSans-Italic FreeSansOblique""".split()
# Never trained on: validation draws with these.
HELD_OUT = {"latin": ["Hack-Regular", "Cantarell-Regular", "Cousine-Bold", "DejaVuSerif-Bold", "URWGothic-Book"],
            "ja": ["sawarabi-gothic-medium", "sawarabi-mincho-medium", "MTLc3m", "NotoSerifCJK-Medium"]}

FAMILY = "SMITH Yamada GARCIA Suzuki O'Neil TANAKA Müller Kobayashi LEE Watanabe NGUYEN Abe ITO Fischer PATEL Kim Okada SATO Rossi".split()
GIVEN = "Taro MARIA Hanako JOHN Kenji ANNE Yuko Peter SHIRO Emi Lin GEORGE Aoi Sofia REN Mio".split()
WORDS = """GENERAL HOSPITAL Univ. Med. Center Radiology ABDOMEN CHEST PA LAT HEAD W: L: WL WW kV mA mAs mm cm/s Hz fps dB MI TIS Gain Depth
Freq THI Series Image Acq TR TE FOV Thk ZOOM SUPINE LEFT RIGHT Oblique Knee Liver Kidney LV RV EF PHASE Dose DLP CTDI Vol. Name DOB Sex
Patient ID Acc# Req Dr. Tech. Page of Report HR bpm BP SpO2 Pat. T: P: R A H F""".split()
SURNAMES = "山田 鈴木 佐藤 高橋 髙橋 渡辺 渡邊 小林 伊藤 斎藤 齋藤 中村 五十嵐 林 東海林 加藤 吉田 松本 井上 木村 清水 長谷川 近藤 石井".split()
NAMES = "太郎 花子 健二 優子 一 さくら 翔太 美咲 志郎 凛 陽菜 蓮 結衣 大翔 和子 正 久美子 ひなた ジョン".split()
KANA = "ヤマダ タロウ スズキ ハナコ サトウ ケンジ ワタナベ ユウコ コバヤシ イトウ サクラ ナカムラ リン ﾔﾏﾀﾞ ﾀﾛｳ ｽｽﾞｷ ﾊﾅｺ ﾀｶﾊｼ いとう さくら やまだ たろう".split()
TERMS = """氏名 患者 検査日 撮影 生年月日 性別 男 女 病院 大学病院 総合病院 放射線科 内科 県立 市民 中央 医療センター 胸部 腹部 頭部 正面 側面 右 左
造影 前 後 平成 昭和 令和 年 月 日 歳 様 技師 担当医 超音波 内視鏡 肝臓 腎臓 受付 番号 画像 依頼 科 号室 クリニック 東京 大阪 診療所 計測 深度 ○○""".split()


@functools.lru_cache(None)
def paths():
    """Returns where each font file is, by its name without the ending."""
    found = {}
    for path in sorted(glob.glob(ROOT + "/**/*", recursive=True)):
        base, ending = os.path.splitext(os.path.basename(path))
        if ending in (".ttf", ".ttc", ".otf") and os.path.isfile(path):
            found.setdefault(base, path)
    return found


@functools.lru_cache(None)
def fonts(language, held_out):
    names = HELD_OUT[language] if held_out else (JAPANESE if language == "ja" else LATIN)
    return [paths()[name] for name in names if name in paths()]


@functools.lru_cache(600)
def font(path, size):
    return ImageFont.truetype(path, size)


def number(rng):
    y, m, d = rng.randint(1930, 2029), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice([
        f"{y}/{m:02}/{d:02}", f"{d:02}.{m:02}.{y}", f"{m}/{d}/{y % 100:02}", f"{y}-{m:02}-{d:02}", f"{y}{m:02}{d:02}",
        f"{d}-{rng.choice('JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split())}-{y}",
        f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}", f"{rng.randint(0, 10**8):08}",
        f"{rng.randint(0, 10**rng.randint(1, 10))}", f"{rng.uniform(0, 300):.1f}", f"{rng.randint(1, 99)}Y", f"{rng.choice('MF')}/{rng.randint(1, 99)}",
        f"{rng.choice(['ID:', 'ID ', 'No.', '#', 'PT', 'A'])}{rng.randint(0, 10**8)}", f"-{rng.randint(1, 999)}", f"{rng.randint(1, 99)}/{rng.randint(1, 200)}"])


def latin(rng):
    a, b = rng.choice(FAMILY), rng.choice(GIVEN)
    kind = rng.random()
    if kind < 0.35:
        s = rng.choice([f"{a}^{b}", f"{a}, {b}", f"{b} {a}", f"Name: {a}", f"{a} {b[0]}."])
    elif kind < 0.7:
        s = number(rng)
    else:
        s = " ".join(rng.choice(WORDS) if rng.random() < 0.7 else number(rng) for _ in range(rng.randint(1, 4)))
    if rng.random() < 0.15:
        s += rng.choice([" ", "  ", ": "]) + number(rng)
    return s.upper() if rng.random() < 0.2 else s


def japanese(rng):
    kind = rng.random()
    if kind < 0.35:
        # A name of one stroke after a wide space is the hardest end of a line.
        name = "一" if rng.random() < 0.2 else rng.choice(NAMES)
        s = rng.choice(SURNAMES) + rng.choice([" ", "　", "　", ""]) + name
        s = rng.choice([s, s, s + " 様", "氏名:" + s, s + "殿"])
    elif kind < 0.5:
        s = " ".join(rng.choice(KANA) for _ in range(rng.randint(1, 3)))
    elif kind < 0.65:
        y, m, d = rng.randint(1, 63), rng.randint(1, 12), rng.randint(1, 28)
        s = rng.choice([f"{rng.choice(['令和', '平成', '昭和', '大正', 'R', 'H', 'S'])}{y}年{m}月{d}日", f"{1930 + y}年{m}月{d}日", f"{y}歳", f"{m}月{d}日生"])
    else:
        s = rng.choice(["", " "]).join(rng.choice(TERMS) for _ in range(rng.randint(1, 5)))
    if rng.random() < 0.25:
        s += " " + number(rng)
    return s


INITIALS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
LETTERS = list("ABDEGHKMNPQRSWXYZ2345689") + list("林森東原関岡藤橋渡辺井本田山川高谷") + list("アオカキサスタナネホマムヤラロヲあおなはまるん")


def short(rng):
    """Returns initials, one name or one letter, and its language: what stands in a corner."""
    kind = rng.random()
    if kind < 0.4:
        a, b = rng.choice(INITIALS), rng.choice(INITIALS)
        return rng.choice([f"{a}.{b}.", f"{a}.{b}.", f"{a}{b}", f"{a}. {b}.", f"{a}.{b}.{rng.choice(INITIALS)}."]), "latin"
    if kind < 0.6:
        return rng.choice([rng.choice(FAMILY), rng.choice(GIVEN), str(rng.randint(10, 9999)), rng.choice(WORDS)]), "latin"
    if kind < 0.85:
        return rng.choice([rng.choice(SURNAMES), rng.choice(NAMES), rng.choice(KANA)]), "ja"
    letter = rng.choice(LETTERS)
    return letter, "latin" if letter.isascii() else "ja"


SIZES = [7, 8, 8, 9, 10, 10, 11, 12, 12, 13, 14, 14, 15, 16, 16, 18, 20, 22, 24, 28, 32, 36, 40, 48, 60]


SMALL = [8, 8, 9, 10, 10, 11, 12, 12, 13, 14, 15, 16, 18, 20]


def line(rng, held_out=False, kind="any"):
    """Returns the ink of one line, float32 0..1 cut to its letters. A `kind` of "small" is mostly Japanese of up to 20 pixels,
    one of "short" initials, a name or a letter."""
    language = "ja" if rng.random() < (0.75 if kind == "small" else 0.62) else "latin"
    text = japanese(rng) if language == "ja" else latin(rng)
    if kind == "small" and language == "ja" and rng.random() < 0.5:
        text = rng.choice([rng.choice(SURNAMES) + rng.choice(["", " ", "　"]) + rng.choice(NAMES), rng.choice(KANA) + " " + rng.choice(KANA)])
    if kind == "short":
        text, language = short(rng)
    elif rng.random() < 0.06:
        text = text[: rng.randint(1, 3)].strip() or "R"
    size = max(rng.choice(SIZES if kind == "any" else SMALL), 8 if language == "ja" else 7)
    if kind == "short" and rng.random() < 0.3:
        size = rng.choice(SIZES[16:])
    stretch = rng.choice([1] * 12 + [2])  # consoles print letters of double height
    path = rng.choice(fonts(language, held_out))
    face = font(path, max(8, size // stretch))
    if language == "ja" and kind != "short" and len(text) <= 12 and rng.random() < 0.12:
        ink = column(text, face)
    else:
        ink = draw(text, face, aliased=rng.random() < 0.4)
    if ink is None:
        return None
    if stretch > 1:
        ink = np.repeat(ink, stretch, 0)
    elif max(face.size, 1) <= 16 and rng.random() < 0.25:
        times = rng.choice([2, 2, 2, 3, 4, 6])  # letters of a small grid, each of its points some pixels wide
        ink = np.repeat(np.repeat((ink > 0.5).astype(np.float32), times, 0), times, 1)
    turn = rng.random()
    if turn < 0.06:
        ink = np.rot90(ink, rng.choice([1, 3]))
    elif turn < 0.08:
        ink = ink[:, ::-1]  # mirrored, as on a film laid the wrong way round
    return np.ascontiguousarray(ink)


def draw(text, face, aliased):
    x0, y0, x1, y1 = face.getbbox(text)
    if x1 - x0 < 1 or y1 - y0 < 1 or x1 - x0 > 3000:
        return None
    image = Image.new("L", (x1 - x0 + 4, y1 - y0 + 4))
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1" if aliased else "L"
    pen.text((2 - x0, 2 - y0), text, fill=255, font=face)
    return cut(np.asarray(image, np.float32) / 255)


def column(text, face):
    """Draws a text from top to bottom, one letter below the other."""
    letters = [ink for ink in (draw(c, face, False) for c in text if not c.isspace()) if ink is not None]
    if not letters:
        return None
    wide, gap = max(ink.shape[1] for ink in letters), max(1, face.size // 8)
    page = np.zeros((sum(ink.shape[0] + gap for ink in letters), wide), np.float32)
    y = 0
    for ink in letters:
        x = (wide - ink.shape[1]) // 2
        page[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
        y += ink.shape[0] + gap
    return cut(page)


def cut(ink):
    rows, columns = np.nonzero(ink.max(1) > 0.25)[0], np.nonzero(ink.max(0) > 0.25)[0]
    if len(rows) == 0:
        return None
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

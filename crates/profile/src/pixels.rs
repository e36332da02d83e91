//! What is looked at for burned-in text under a profile, in words.

use crate::policy::{BurnedIn, Policy, TextSearch};
use crate::text::Bilingual;

/// Returns what is done to each class of images, a line each.
pub(crate) fn explain(policy: &Policy) -> Vec<Bilingual> {
    let line = |(en, ja): &(&str, &str)| Bilingual { en: (*en).to_owned(), ja: (*ja).to_owned() };
    let mut lines: Vec<&(&str, &str)> = Vec::new();
    match (policy.burned_in, policy.text_search) {
        (BurnedIn::Ignore, _) => lines.push(&IGNORED),
        (BurnedIn::QuarantineRisky, _) | (BurnedIn::Mask, TextSearch::Off) => lines.push(&RISKY_WAITS),
        (BurnedIn::Mask, search) => {
            lines.extend([if policy.second_look { &RISKY } else { &RISKY_HIDDEN }, &ORDINARY]);
            lines.extend(if search == TextSearch::All { &ALL[..] } else { &SAMPLED[..] });
            lines.push(&SHAPES);
            lines.push(if policy.second_look { &LIKELY } else { &SURE });
            lines.push(if policy.second_look { &STRICT } else { &SECOND });
        }
    }
    lines.into_iter().map(line).collect()
}

const IGNORED: (&str, &str) = ("nothing is looked at", "画素は調べない");
const RISKY_WAITS: (&str, &str) = (
    "risky (capture, ultrasound, camera, film, BurnedInAnnotation YES): not searched, waits for a human; others pass",
    "risky（キャプチャ、超音波、カメラ、フィルム、BurnedInAnnotation YES）: 検索せず、人の判断を待つ。ほかは通す",
);
const RISKY: (&str, &str) = (
    "risky (capture, ultrasound, camera, film, BurnedInAnnotation YES): searched, text is masked; doubt and low contrast wait for a human",
    "risky（キャプチャ、超音波、カメラ、フィルム、BurnedInAnnotation YES）: 検索し、文字を塗りつぶす。疑わしいもの、低コントラストは人の判断を待つ",
);
const RISKY_HIDDEN: (&str, &str) = (
    "risky (capture, ultrasound, camera, film, BurnedInAnnotation YES): searched, text is masked, and so is what may be text and has strokes where it covers no more than a twentieth of the image; more doubt and low contrast wait for a human",
    "risky（キャプチャ、超音波、カメラ、フィルム、BurnedInAnnotation YES）: 検索し、文字を塗りつぶす。筆画のある疑わしい箇所も画像の20分の1以内なら塗りつぶし、それを超えるもの、低コントラストは人の判断を待つ",
);
const ORDINARY: (&str, &str) = (
    "ordinary (any other image, whatever BurnedInAnnotation says): searched, text is masked",
    "ordinary（その他の画像。BurnedInAnnotation の値によらない）: 検索し、文字を塗りつぶす",
);
const SAMPLED: [(&str, &str); 2] = [
    (
        "primary (ORIGINAL or DERIVED\\PRIMARY of CT, MR, PET, NM): Instance Number 1, one of 256 drawn by the key, and each image in which a quick screen finds strokes or marks like those of letters are searched (of marks all over an image only those near its edges count, unless `second_look` is set); faint or very large text and some on busy tissue in the others is not found",
        "primary（CT・MR・PET・NM の一次画像）: Instance Number 1、鍵で選ぶ 256 枚に1枚、簡易検査で文字のような筆画か印が見つかった画像を検索する（`second_look` がなければ、印が画像全体に多数ある場合は端に近いものだけを見る）。ほかの画像の薄い文字、非常に大きな文字、複雑な組織の上の文字の一部は見つからない",
    ),
    (
        "computed (segmentation, dose, parametric map, tiles of a slide): not searched",
        "computed（セグメンテーション、線量、パラメトリックマップ、スライドのタイル）: 検索しない",
    ),
];
const ALL: [(&str, &str); 1] = [(
    "primary and computed (CT, MR, PET, NM; segmentations, dose, slides): searched like the others",
    "primary・computed（CT・MR・PET・NM、セグメンテーション、線量、スライド）: 同様に検索する",
)];
const LIKELY: (&str, &str) = (
    "text is what the detector finds likely by 0.5 or more; the ledger names the detector, its version and weights, this threshold, and the likelihood of each place",
    "検出器の確からしさ 0.5 以上を文字とする。検出器の名前・版・重み、このしきい値、箇所ごとの確からしさを台帳に残す",
);
const SURE: (&str, &str) = (
    "text is what the detector finds likely by 0.5 or more, in an image that is not risky by 0.6, in a primary one by 0.85, or by 0.5 (primary: 0.65) where the quick screen finds strokes, in frames below 96 pixels by 0.8; the ledger names the detector, its version and weights, the threshold of the class, and the likelihood of each place",
    "検出器の確からしさ 0.5 以上（risky 以外は 0.6 以上、primary は 0.85 以上。簡易検査で筆画が見つかった箇所は 0.5 以上、primary では 0.65 以上、縦横とも 96 画素未満の画像は 0.8 以上）を文字とする。検出器の名前・版・重み、区分のしきい値、箇所ごとの確からしさを台帳に残す",
);
const SHAPES: (&str, &str) = (
    "searched are brightness and differences of colour, in full, half and quarter size, for letters of about 8 pixels up to two fifths of the image; lines may run any way, in a primary image and in colour alone up to some 15 degrees from level or upright; faint text, handwriting, some single letters and initials at an edge are missed",
    "明るさと色の差を、原寸・2分の1・4分の1で検索する。約 8 画素から画像の5分の2までの文字が対象。行の向きは問わないが、primary の画像と色だけが異なる文字では水平・垂直から約 15 度まで。薄い文字、手書き、1文字だけのものや端に接する頭文字の一部は見逃す",
);
const SECOND: (&str, &str) = (
    "what was masked is decoded and searched once more, for text likely by 0.8 or with strokes; text left is masked once more, then waits for a human",
    "塗りつぶした画像は復号して再び検索する（確からしさ 0.8 以上か筆画のある文字）。残った文字はもう一度塗りつぶし、なお残れば人の判断を待つ",
);
const STRICT: (&str, &str) = (
    "what was masked is decoded and searched once more; text left is masked once more, then waits for a human, and so does doubt in an image of any class; no device rule settles by itself",
    "塗りつぶした画像は復号して再び検索する。二度目も文字が残るもの、区分によらず疑わしいものは人の判断を待つ。装置の規則だけでは解決としない",
);

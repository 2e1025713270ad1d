import { cutTokens } from "../../../packages/cli/src/demo/tokens.js";
import { Random } from "../../../sim/random.js";
import type { Input } from "../peer.js";
import { Script } from "./script.js";
import { times } from "./tokens.js";

const CHINESE =
  "文字 服务器 消息 顺序 用户 浏览器 连接 数据 表格 时间 屏幕 代码 问题 模型 测试 版本".split(" ");
const JAPANESE =
  "テキスト サーバー メッセージ 順番 ユーザー 画面 接続 データ 時間 コード 質問 モデル テスト 更新".split(
    " ",
  );
const HEBREW = "טקסט שרת הודעה סדר משתמש מסך חיבור נתונים זמן קוד שאלה מודל בדיקה".split(" ");
const ARABIC = "نص خادم رسالة ترتيب مستخدم شاشة اتصال بيانات وقت سؤال نموذج اختبار".split(" ");
const EMOJI = ["😀", "👩‍💻", "🇯🇵", "👍🏽", "🏳️‍🌈", "🚀", "❤️", "👨‍👩‍👧‍👦", "🧪", "✅"];

/** Sentences of words in an order that means nothing. */
const SENTENCES: readonly ((random: Random) => string)[] = [
  (random) => `${words(random, CHINESE, "")}，${words(random, CHINESE, "的")}。`,
  (random) => `${words(random, JAPANESE, "の")}は${words(random, JAPANESE, "と")}です。`,
  (random) => `${words(random, HEBREW, " ")}. `,
  (random) => `${words(random, ARABIC, " ")}، ${words(random, ARABIC, " ")}. `,
  (random) => `${words(random, EMOJI, " ")} `,
];

const words = (random: Random, list: readonly string[], between: string): string =>
  Array.from({ length: random.int(6, 2) }, () => random.pick(list)).join(between);

/** Of one high half: to change only the low one cuts a pair. */
const [WAITING, READY] = ["🕐", "🕒"];

/** A text in many letters: tokens as a model's tokenizer cuts them, so some inside an emoji. */
export async function letters(name: string, count: number): Promise<Input> {
  const random = new Random(7);
  const paragraph = () =>
    Array.from({ length: 5 }, () => random.pick(SENTENCES)(random))
      .join("")
      .concat("\n\n");
  const text = Array.from({ length: Math.ceil(count / 30) }, paragraph).join("");
  const tokens = (await cutTokens(text)).slice(0, count);
  const script = new Script();
  const part = "text";
  script.begin(0, part);
  const time = times(60, random);
  for (const [i, token] of tokens.entries()) {
    const at = time.next().value;
    script.append(at, part, token);
    if (i % 100 !== 50) continue;
    script.append(at, part, `\n${WAITING}`);
    script.editBack(at + 700, part, WAITING.length, READY);
    script.append(at, part, "\n");
  }
  script.settle();
  const title = `Chinese, Japanese, Hebrew, Arabic and emoji, ${tokens.length} tokens`;
  return { name, title, steps: script.steps };
}

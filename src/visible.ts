/**
 * Text that a file, a driver or a command line brought, made fit for a person's eyes.
 *
 * @module
 */

/** Whatever a terminal obeys, reorders or hides; a space, a letter or a mark is none of these. */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

function escaped(text: string): string {
  return text.replace(UNSEEN, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
  });
}

/**
 * Text in which control characters (C0, C1, DEL), those that reorder a line (bidirectional marks),
 * line separators and invisible ones stand as escapes such as `\u001b`, so that it is one line and
 * a terminal obeys none of it. A longer text is cut in its middle. Visible text stays as it is.
 *
 * @param text Anything.
 * @param limit The most UTF-16 code units to return.
 */
export function visible(text: string, limit = 200): string {
  const few = text.length > 2 * limit
    ? text.slice(0, limit) + text.slice(-limit)
    : text;
  const line = escaped(few);
  if (line.length <= limit) return line;
  const end = Math.floor((limit - 1) / 3);
  return `${line.slice(0, limit - 1 - end)}…${line.slice(line.length - end)}`;
}

/**
 * Decimal numbers from a CSV file's bytes, and which mark the file puts before decimals.
 *
 * @module
 */

import { InputError } from "../errors.ts";

/** The mark before the decimals of numbers. */
export type DecimalMark = "point" | "comma";

/** Reads the numbers of one file. */
export interface NumberReader {
  /**
   * A number, correctly rounded to f64; NaN if it is none.
   *
   * @param place The line, for messages.
   * @param comma Whether a comma may stand before decimals.
   */
  parse(
    bytes: Uint8Array,
    begin: number,
    end: number,
    place: number,
    comma: boolean,
  ): number;
  /**
   * Looks back at all numbers.
   *
   * @param doubtPoints Whether points may also group thousands.
   * @returns A number with a decimal comma, if there is one.
   * @throws {InputError} if the numbers do not show which mark stands before decimals.
   */
  finish(doubtPoints: boolean): string | undefined;
}

const COMMA = 44;
const POINT = 46;

/** The first number with a mark. */
interface MarkSeen {
  readonly place: number;
  readonly text: string;
  /** Whether a number showed that the mark groups no thousands. */
  isCertain: boolean;
}

const POWERS_OF_TEN = Float64Array.from(
  { length: 23 },
  (_, k) => Number(`1e${k}`),
);

/**
 * Starts reading numbers.
 *
 * @param name Name of the file, for messages.
 * @param decimal The mark before decimals; if undefined, the numbers show it.
 */
export function openNumbers(
  name: string,
  decimal: DecimalMark | undefined,
): NumberReader {
  let point: MarkSeen | undefined;
  let comma: MarkSeen | undefined;
  const isRead = (mark: number) =>
    decimal === undefined || (decimal === "comma") === (mark === COMMA);
  const seen = (
    mark: number,
    bytes: Uint8Array,
    place: number,
  ): void => {
    const known = mark === COMMA ? comma : point;
    const text = ascii(bytes);
    const isCertain = !/^[+-]?[1-9]\d{0,2}[.,]\d{3}$/.test(text);
    if (known) known.isCertain = isCertain;
    else if (mark === COMMA) comma = { place, text, isCertain };
    else point = { place, text, isCertain };
  };
  const SAY = "say which with --decimal comma or --decimal point " +
    "(deno task dataset convert)";
  return {
    // Up to 15 digits and without exponent it is the quotient of two exact doubles (Clinger, "How to
    // read floating point numbers accurately", 1990); the rest goes through `Number`.
    parse(bytes, begin, end, place, mayBeComma) {
      let at = begin;
      const sign = bytes[at];
      if (sign === 45 || sign === 43) at++;
      let digits = 0;
      let mantissa = 0;
      let decimals = -1;
      let mark = 0;
      for (; at < end; at++) {
        const byte = bytes[at];
        const digit = byte - 48;
        if (digit >= 0 && digit <= 9) {
          mantissa = mantissa * 10 + digit;
          digits++;
          if (decimals >= 0) decimals++;
        } else if (decimals < 0 && (byte === POINT || byte === COMMA)) {
          decimals = 0;
          mark = byte;
        } else break;
      }
      let value: number;
      if (at < end || digits > 15 || digits === 0) {
        value = parseLong(bytes.subarray(begin, end));
      } else {
        value = decimals > 0 ? mantissa / POWERS_OF_TEN[decimals] : mantissa;
        if (sign === 45) value = -value;
      }
      if (mark === 0 || Number.isNaN(value)) return value;
      if (!isRead(mark) || (mark === COMMA && !mayBeComma)) return NaN;
      const known = mark === COMMA ? comma : point;
      if (!known?.isCertain) seen(mark, bytes.subarray(begin, end), place);
      return value;
    },
    finish(doubtPoints) {
      if (decimal !== undefined) return comma?.text;
      if (comma && point) {
        throw new InputError(
          `${name}: line ${point.place} has the number "${point.text}" and line ${comma.place} ` +
            `"${comma.text}": either the point or the comma stands before decimals; ${SAY}`,
        );
      }
      const doubtful = comma ?? (doubtPoints ? point : undefined);
      if (doubtful && !doubtful.isCertain) {
        throw new InputError(
          `${name}: line ${doubtful.place} has "${doubtful.text}", and no number shows whether the ${
            comma ? "comma" : "point"
          } stands before decimals or groups thousands; ${
            SAY.replace("which", "what stands before decimals")
          }`,
        );
      }
      return comma?.text;
    },
  };
}

/** No number that has a meaning is longer. */
const LONGEST = 400;

function parseLong(bytes: Uint8Array): number {
  const text = ascii(bytes).replace(",", ".");
  const isNumber = bytes.length <= LONGEST &&
    /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text);
  return isNumber ? Number(text) : NaN;
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, LONGEST));
}

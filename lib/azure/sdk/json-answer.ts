import * as z from "zod";

/** A code in the body of an error; null for what is no word. */
export const errorWord = z
  .string()
  .regex(/^[\w.-]{1,64}$/)
  .nullish()
  .catch(null);

/** An answer as JSON; null where it is none. The parser's message is never used: it quotes the answer. */
export const jsonOf = (text: string | null | undefined): unknown => {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return null;
  }
};

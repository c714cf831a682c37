import { cut, readable, relative, roughly, sentence, spell } from "../../../lib/page/words";
import { at, days, hours, minutes, seconds } from "../../builders/time";

test.each([
  [days(3) + hours(4) + minutes(5), "3 days 4 hours", "3 days"],
  [days(1) + minutes(5), "1 day", "1 day"],
  [minutes(25) + seconds(3), "25 minutes 3 seconds", "25 minutes"],
  [seconds(1), "1 second", "1 second"],
  [999, "0 seconds", "0 seconds"],
])("%d milliseconds are %s, or roughly %s", (ms, long, short) => {
  expect([spell(ms), roughly(ms)]).toEqual([long, short]);
});

test.each([
  [at("09:35"), "25 minutes ago"],
  [at("12:00"), "in 2 hours"],
  [at("10:00"), "now"],
])("%s is, at 10:00, %s", (instant, text) => {
  expect(relative(instant, at("10:00"))).toBe(text);
});

test("a detail for people has short versions, times without T and Z, and durations in words", () => {
  const detail =
    "render-api/vm-2 reported version f7cfe3f4d998d43cdaec88eed75529d6 at 2026-11-24T10:00:00.061Z, longer than " +
    "PT15M ago; PATH, P and PT are no durations; the soak of P1DT12H ends";
  expect(readable(detail)).toBe(
    "render-api/vm-2 reported version f7cfe3f4 at 2026-11-24 10:00:00, longer than 15 minutes " +
      "ago; PATH, P and PT are no durations; the soak of 1 day 12 hours ends",
  );
});

test("a sentence begins with a capital and ends with one mark", () => {
  expect([sentence("wait: it passes"), sentence("Really?")]).toEqual(["Wait: it passes.", "Really?"]);
});

test("a long text is cut at a word", () => {
  expect(cut("one two three", 9)).toBe("one two …");
  expect(cut("one", 9)).toBe("one");
});

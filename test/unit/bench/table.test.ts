import { holds, median, row } from "../../bench/row";
import { table } from "../../bench/table";

describe("a figure of the bench", () => {
  it.each([
    ["without a bound", row("1", "x", 9), true],
    ["at its bound", row("1", "x", 9, { bound: 9 }), true],
    ["over its bound", row("1", "x", 9.01, { bound: 9 }), false],
    ["that is no number", row("1", "x", Number.NaN, { bound: 9 }), false],
  ])("%s is good enough: %#", (_what, figure, expected) => {
    expect(holds(figure)).toBe(expected);
  });

  it("is shown with its unit and its bound, marked where it is over", () => {
    const lines = table([
      row("10", "requests", 20_011, { bound: 14, note: "counted" }),
      row("13", "start", 1.254, { unit: "×", bound: 1.6 }),
    ]).split("\n");
    expect(lines.slice(2).map((line) => line.split("|").map((cell) => cell.trim()))).toEqual([
      ["", "10", "requests", "20,011", "NOT ≤ 14", "counted", ""],
      ["", "13", "start", "1.25 ×", "≤ 1.6", "", ""],
    ]);
  });

  it("is the one in the middle of several runs, wherever the extremes are", () => {
    expect(median([9, 1, 2, 100, 3])).toBe(3);
  });
});

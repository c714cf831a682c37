import { parseConsumers } from "../../../../lib/rotation/discovery/consumers-tag";

describe("the tag for consumers", () => {
  it.each([
    [null, []],
    ["  ", []],
    ["render-api", [{ name: "render-api", instances: null }]],
    ["render-api:0", [{ name: "render-api", instances: 0 }]],
    [
      "render-api:2 nightly_etl.v2",
      [
        { name: "render-api", instances: 2 },
        { name: "nightly_etl.v2", instances: null },
      ],
    ],
    [
      "a:9999,b; c",
      [
        { name: "a", instances: 9999 },
        { name: "b", instances: null },
        { name: "c", instances: null },
      ],
    ],
  ])("names consumers and their instances: %p", (tag, consumers) => {
    expect(parseConsumers(tag)).toEqual({ kind: "consumers", consumers });
  });

  it.each([
    ["a render/api", 2, "is none of them"],
    ["a:01", 1, "is none of them"],
    ["a:1.5", 1, "is none of them"],
    ["a:", 1, "is none of them"],
    ["x".repeat(65), 1, "is none of them"],
    ["a b a:2", 3, "repeats a name"],
  ])("is refused by the number of its item, without its text: %p", (tag, item, problem) => {
    const found = parseConsumers(tag);
    expect(found).toEqual({
      kind: "invalid",
      problem:
        `item ${item} of the tag for consumers ${problem}: write names with an optional number of instances, ` +
        "such as render-api:2 nightly-etl",
    });
  });
});

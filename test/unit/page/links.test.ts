import { linksWith, start } from "../../../lib/page/links";
import { placeIn } from "../../../lib/page/request";

test("every link carries the function's key where it is in the address, and nothing where it is not", () => {
  expect(linksWith("a b+/=&c")({ account: "render-weu" })).toBe("dashboard?code=a+b%2B%2F%3D%26c&account=render-weu");
  expect(linksWith(null)({})).toBe("dashboard");
});

test("a place is the same after it was a link", () => {
  const place = {
    ...start,
    account: "render-weu",
    view: "fleet",
    filter: "a&b",
    state: "stalled",
    page: 12,
    live: false,
    order: "approve",
    done: "resume",
  } as const;
  expect(placeIn(new URL(linksWith("key")(place), "https://rotator.test/api/dashboard").searchParams)).toEqual(place);
});

test.each([
  ["page=0", { page: 1 }],
  ["page=-1", { page: 1 }],
  ["page=9999999", { page: 1 }],
  ["state=%3Cscript%3E", { state: null }],
  ["order=delete", { order: null }],
  ["done=everything", { done: null }],
  ["view=x&live=x", { view: "accounts", live: true }],
  [`filter=${"x".repeat(300)}`, { filter: "x".repeat(200) }],
])("what is not understood is as if it were not there: %s", (query, expected) => {
  expect(placeIn(new URLSearchParams(query))).toMatchObject(expected);
});

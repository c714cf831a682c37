import { formToken, isGoodToken } from "../../../lib/page/forgery-token";
import { minutes, when } from "../../builders/time";

const secret = Buffer.alloc(32, 7).toString("base64url");
const use = { user: "operator:ada", account: "render-weu", order: "approve" };
const now = when("10:00");
const later = (ms: number): Date => new Date(now.getTime() + ms);
const token = formToken(secret, use, now);

test("a form is good for half an hour", () => {
  expect(isGoodToken(secret, use, token, now)).toBe(true);
  expect(isGoodToken(secret, use, token, later(minutes(30)))).toBe(true);
  expect(isGoodToken(secret, use, token, later(minutes(30) + 1))).toBe(false);
});

test.each([
  ["another reader", { ...use, user: "operator:eve" }],
  ["another account", { ...use, account: "archive-neu" }],
  ["another order", { ...use, order: "rollback" }],
  ["parts that are put together in another way", { user: 'operator:ada","render-weu', account: "", order: "approve" }],
])("it is not good for %s", (_what, other) => {
  expect(isGoodToken(secret, other, token, now)).toBe(false);
});

test.each([
  ["another secret's", formToken(Buffer.alloc(32, 8).toString("base64url"), use, now)],
  ["one of a clock that is far ahead", formToken(secret, use, later(1))],
  ["one whose time was changed", token.replace(/^[^.]+/, later(minutes(20)).getTime().toString(36))],
  ["one that is cut", token.slice(0, -1)],
  ["an empty one", ""],
])("%s is no good", (_what, other) => {
  expect(isGoodToken(secret, use, other, now)).toBe(false);
});

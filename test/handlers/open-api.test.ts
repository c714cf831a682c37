import { readFileSync } from "node:fs";
import { examplesOf, openApiFile, problemWith, readDocument } from "../rig/described";
import { openRig, place } from "../rig/served-place";
import { openSurface } from "../rig/surface";
import { openApiText } from "../tools/openapi/document";

const described = (): readonly string[] =>
  Object.entries(readDocument().paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId}: ${method.toUpperCase()} ${path}`),
  );

/** A handshake is a second operation of its function, and so is an order from the page. */
const nameOf = (functionName: string, method: string): string => {
  if (functionName === "dashboard" && method === "POST") return "dashboardOrder";
  return method === "OPTIONS" ? `${functionName}Handshake` : functionName;
};

test("docs/openapi.json is what the schemas say: npm run schema writes it", () => {
  expect(readFileSync(openApiFile, "utf8")).toBe(openApiText());
});

test("every route is described under the name of its function, and no other is", async () => {
  const { routes } = await openSurface();
  const registered = routes.flatMap(({ functionName, methods, segments }) => {
    const path = segments.slice(1).map((part) => ("literal" in part ? part.literal : `{${part.parameter}}`));
    return methods.map((method) => `${nameOf(functionName, method)}: ${method} /${path.join("/")}`);
  });
  expect(described().toSorted()).toEqual(registered.toSorted());
});

test("each example is of the form that it is an example of", () => {
  const found = examplesOf(readDocument());
  expect(found.length).toBeGreaterThan(described().length);
  expect(found.flatMap(({ problem }) => (problem === null ? [] : [problem]))).toEqual([]);
});

test("GET /api/openapi.json answers with the document", async () => {
  const rig = await openRig();
  place(rig);
  const answer = await rig.surface.call({ method: "GET", path: "/openapi.json" });
  expect(answer).toMatchObject({ status: 200, body: readDocument() });
});

describe("an answer that is not described is found out", () => {
  const answer = { method: "GET", path: "/accounts/render-weu", headers: { "content-type": "application/json" } };
  const headers = { "content-type": "application/problem+json" };
  const text = '{"type":"","title":"","status":1,"detail":"","reason":"","extra":1}';
  test.each([
    ["a status", { ...answer, status: 418, text: "{}" }, "accountStatus does not describe 418"],
    ["a missing member", { ...answer, status: 200, text: "{}" }, "must have required property"],
    ["a media type", { ...answer, status: 404, text: "{}" }, "does not describe application/json"],
    ["a route", { ...answer, path: "/secrets", status: 200, text: "{}" }, "GET /secrets is not described"],
    ["a body where there is none", { ...answer, status: 401, text: "x" }, "accountStatus 401 has a body"],
    ["an unknown member", { ...answer, headers, status: 404, text }, "must NOT have additional properties"],
  ])("%s", (_what, given, found) => {
    expect(problemWith(given)).toContain(found);
  });
});

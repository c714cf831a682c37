import type { Answer } from "./host";
import { bodyOf } from "./host";

/** Expects the members of RFC 9457 and a reason, and no other. Returns the places of its `problems`, if any. */
export const expectProblem = (answer: Answer, status: number, reason: string): readonly string[] => {
  const body = bodyOf(answer);
  expect([answer.status, body]).toEqual([status, expect.objectContaining({ reason })]);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  const parsed: { readonly problems?: readonly { readonly at: string; readonly problem: string }[] } = JSON.parse(
    answer.text,
  );
  const { problems = null, ...rest } = parsed;
  expect(rest).toEqual({
    type: expect.stringMatching(/^\S+$/),
    title: expect.stringMatching(/\S/),
    status,
    detail: expect.stringMatching(/\S/),
    reason,
  });
  expect(problems !== null).toBe(status === 400 || reason === "ConfigurationInvalid");
  for (const problem of problems ?? []) {
    expect(problem).toEqual({ at: expect.any(String), problem: expect.stringMatching(/\S/) });
  }
  expect(answer.text).not.toMatch(/\bat .+:\d+:\d+|node_modules|\.ts\b/);
  return (problems ?? []).map(({ at }) => at);
};

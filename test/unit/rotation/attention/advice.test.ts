import { adviceFor, adviceOf } from "../../../../lib/rotation/attention/advice";
import { consumerReasons, waitingReasons } from "../../../../lib/rotation/reasons";

const actorOf = (reason: string): string => adviceOf(reason).actor;

describe("the advice of a reason", () => {
  it("exists for every reason to wait, and says what to do", () => {
    expect(Object.keys(adviceFor)).toEqual(expect.arrayContaining(Object.keys(waitingReasons)));
    expect(Object.values(adviceFor).filter(({ todo }) => !/^[a-z].{10,}[^.]$/.test(todo))).toEqual([]);
  });

  it("sends the reader to the app for what a consumer has not done", () => {
    expect(
      consumerReasons.filter((reason) => actorOf(reason) !== "app" && reason !== ("RefreshPending" as string)),
    ).toEqual([]);
  });

  it("offers an approval in spite of a consumer only for one that runs no more", () => {
    const offers = Object.values(adviceFor)
      .filter(({ actor }) => actor === "app")
      .flatMap(({ steps }) => steps);
    expect(new Set(offers.map(({ action, when }) => `${action} ${when}`))).toEqual(
      new Set(["approve only if it runs no more", "rollback if the new key is the cause"]),
    );
  });

  it.each([
    ["of a newer release", "SomethingNewer"],
    ["that every object has", "constructor"],
  ])("for a reason %s leads to the documents", (_what, reason) => {
    expect(adviceOf(reason)).toMatchObject({ actor: "person", steps: [] });
    expect(adviceOf(reason).todo).toContain("docs/operate.md");
  });
});

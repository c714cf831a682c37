import { createHash } from "node:crypto";
import { withBacklog, withEvents } from "../../../../lib/rotation/events/outbox";
import { anEventContext, aRecord } from "../../../builders/record";
import { aRotation } from "../../../builders/state";
import { at } from "../../../builders/time";

/** The hash as an auditor would compute it. */
const sha256 = (members: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(members)).digest("hex");

describe("events", () => {
  it("are numbered consecutively, have author and time, and wait in the outbox", () => {
    const record = aRecord({ state: aRotation({ id: "r1" }).started(), chain: { sequence: 7 } });
    const first = withEvents(
      record,
      [{ event: "Paused", detail: "for a release" }],
      anEventContext("10:00", "operator:ada"),
    );
    const drafts = [
      { event: "Resumed", detail: "done", reason: "Forbidden", evidence: { requestId: "r" } },
      { event: "Approved", detail: "yes" },
    ] as const;
    const next = withEvents(first, drafts, { ...anEventContext("10:01"), nextId: () => "later" });
    expect(next.chain.sequence).toBe(10);
    expect(next.publishing.outbox).toEqual([
      {
        id: "event-1",
        sequence: 8,
        at: at("10:00"),
        event: "Paused",
        account: "render-weu",
        rotationId: "r1",
        reason: null,
        detail: "for a release",
        by: "operator:ada",
        evidence: null,
        previousHash: null,
      },
      {
        id: "later",
        sequence: 9,
        at: at("10:01"),
        event: "Resumed",
        account: "render-weu",
        rotationId: "r1",
        reason: "Forbidden",
        detail: "done",
        by: "schedule",
        evidence: { requestId: "r" },
        previousHash: expect.any(String),
      },
      expect.objectContaining({ sequence: 10, event: "Approved" }),
    ]);
  });

  it("are chained across writes: each has the hash of all members of the previous one", () => {
    const first = withEvents(aRecord(), [{ event: "Paused", detail: "a" }], anEventContext("10:00"));
    const drafts = [
      { event: "Resumed", detail: "b", evidence: { n: 1 } },
      { event: "Approved", detail: "c", reason: "Forbidden" },
    ] as const;
    const record = withEvents(first, drafts, { ...anEventContext("10:01", "operator:ada"), nextId: () => "later" });
    const account = "render-weu";
    const one = ["event-1", 1, at("10:00"), "Paused", account, null, null, "a", "schedule", null, null];
    const two = ["later", 2, at("10:01"), "Resumed", account, null, null, "b", "operator:ada", { n: 1 }, sha256(one)];
    const three = [
      "later",
      3,
      at("10:01"),
      "Approved",
      account,
      null,
      "Forbidden",
      "c",
      "operator:ada",
      null,
      sha256(two),
    ];
    expect(record.publishing.outbox.map(({ previousHash }) => previousHash)).toEqual([null, sha256(one), sha256(two)]);
    expect(record.chain.hash).toBe(sha256(three));
  });

  it("have a detail of at most 4,000 characters, so that each can be delivered", () => {
    const record = withEvents(aRecord(), [{ event: "Paused", detail: "x".repeat(4_001) }], anEventContext("10:00"));
    expect(record.publishing.outbox[0]?.detail).toBe("x".repeat(4_000));
  });

  it("have a detail of whole characters: a lone surrogate could not be stored as it was hashed", () => {
    const halved = `${"x".repeat(3_999)}\u{1f511}`;
    const drafts = [
      { event: "Paused", detail: halved },
      { event: "Resumed", detail: "sent with \ud83d and without its half" },
      { event: "Approved", detail: "whole \u{1f511}" },
    ] as const;
    const record = withEvents(aRecord(), drafts, anEventContext("10:00"));
    expect(record.publishing.outbox.map(({ detail }) => detail)).toEqual([
      `${"x".repeat(3_999)}\ufffd`,
      "sent with \ufffd and without its half",
      "whole \u{1f511}",
    ]);
  });

  it("have no rotation id outside a rotation", () => {
    const record = withEvents(aRecord(), [{ event: "Paused", detail: "" }], anEventContext("10:00"));
    expect(record.publishing.outbox.map(({ rotationId }) => rotationId)).toEqual([null]);
  });
});

test("a backlog is numbered for the history, keeps its ids, and is not announced again", () => {
  const before = withEvents(aRecord(), [{ event: "Paused", detail: "a release" }], anEventContext("10:00"));
  const announced = {
    id: "announced-1",
    at: at("08:00"),
    event: "RotationBlocked",
    account: "render-weu",
    rotationId: null,
    reason: "RecordCorrupt",
    detail: "restore the row",
    by: "schedule",
  } as const;
  const after = withBacklog(before, [announced, { ...announced, id: "announced-2" }], anEventContext("11:00"));
  expect(after.publishing.outbox.map(({ id, sequence }) => [id, sequence])).toEqual([
    ["event-1", 1],
    ["announced-1", 2],
    ["announced-2", 3],
  ]);
  expect(after.publishing.outbox[1]).toEqual({
    ...announced,
    sequence: 2,
    evidence: null,
    previousHash: before.chain.hash,
  });
  expect([after.chain.sequence, after.publishing.announcedThrough]).toEqual([3, 3]);
});

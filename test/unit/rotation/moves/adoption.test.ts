import { adopted, foundPublished, publishedAtFirstSight } from "../../../../lib/rotation/moves/adoption";
import { aConfirmation } from "../../../builders/report";
import { aReader, aReadersSeen } from "../../../builders/sight";
import { thePrimary, v1 } from "../../../builders/state";
import { at, when } from "../../../builders/time";

const endpoint = "renderweu.westeurope.batch.azure.com";
const accepted = { provenBy: "a signed call with this key was accepted", notProven: null };

describe("the first reconcile", () => {
  it("adopts a published live key without an event, as nothing was written", () => {
    expect(foundPublished(thePrimary(), endpoint, when("10:00"))).toEqual({
      state: { phase: "adopting", active: thePrimary(), approval: null },
      events: [],
      also: { accountEndpoint: endpoint, reconciledAt: at("10:00") },
    });
  });

  it("reports a key that it had to publish, and the reason", () => {
    const move = publishedAtFirstSight(
      thePrimary(),
      endpoint,
      "the vault held no secret",
      { version: v1, createdAt: at("10:00", 20), requestId: "request-1", answer: "accepted" },
      when("10:00"),
    );
    expect(move).toEqual({
      state: { phase: "adopting", active: thePrimary(), approval: null },
      events: [
        {
          event: "KeyPublished",
          detail: `primary key published as version ${v1}: the vault held no secret`,
          evidence: { slot: "primary", version: v1, createdAt: at("10:00", 20), requestId: "request-1", ...accepted },
        },
      ],
      also: { accountEndpoint: endpoint, reconciledAt: at("10:00") },
    });
  });
});

describe("the end of an adoption", () => {
  it("names who had read the secret by then, fifty of them, where the audit log is asked", () => {
    const readers = aReadersSeen({ readers: Array.from({ length: 51 }, () => aReader), omitted: 2 });
    const [event] = adopted(thePrimary(), { override: null, confirmations: [], searched: null, readers }).events;
    const { address: _address, client: _client, ...named } = aReader;
    expect(event?.evidence).toMatchObject({
      readersThrough: at("10:02"),
      readersCount: 53,
      readers: Array.from({ length: 50 }, () => named),
    });
    const [without] = adopted(thePrimary(), { override: null, confirmations: [], searched: null }).events;
    expect(without?.evidence).not.toHaveProperty("readers");
  });

  it("makes the account idle on the key that every consumer uses", () => {
    const confirmations = [aConfirmation(), aConfirmation({ instance: "vm-2" })];
    expect(adopted(thePrimary(), { override: null, confirmations, searched: null })).toMatchObject({
      state: { phase: "idle", active: thePrimary() },
      events: [
        {
          event: "Adopted",
          detail: `the primary key, version ${v1}, is adopted; 2 instances have confirmed it`,
          evidence: { confirmedInstances: 2, confirmations: [{ instance: "vm-1" }, { instance: "vm-2" }] },
        },
      ],
    });
  });

  it.each([
    [0, "0 instances have"],
    [1, "1 instance has"],
  ])("names the override, and claims only the %i confirmations that there are", (count, words) => {
    const confirmations = Array.from({ length: count }, () => aConfirmation());
    expect(
      adopted(thePrimary(), { override: "approved by operator:ada", confirmations, searched: null }).events,
    ).toMatchObject([
      {
        detail: `the primary key, version ${v1}, is adopted; ${words} confirmed it; approved by operator:ada`,
        evidence: { override: "approved by operator:ada", confirmedInstances: count },
      },
    ]);
  });

  it.each([
    [1, ["api"], "1 instance has confirmed it, and the platform of 1 app"],
    [0, ["api", "web"], "0 instances have confirmed it, and the platform of 2 apps"],
  ])("names the apps that only their platform shows (%i, %j)", (count, apps, words) => {
    const confirmations = [
      ...Array.from({ length: count }, () => aConfirmation()),
      ...apps.map((consumer) => aConfirmation({ consumer, instance: "(platform)" })),
    ];
    expect(adopted(thePrimary(), { override: null, confirmations, searched: null }).events[0]?.detail).toBe(
      `the primary key, version ${v1}, is adopted; ${words}`,
    );
  });
});

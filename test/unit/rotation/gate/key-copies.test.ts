import { type GateInput, gate, mustSearch } from "../../../../lib/rotation/gate/gate";
import {
  type AccountSearch,
  copied,
  isSearched,
  type KeyCopy,
  type Searched,
  placesInWords,
  searchIsDue,
  searchResult,
} from "../../../../lib/rotation/gate/key-copies";
import { anAccount } from "../../../builders/account";
import { aReport, reported } from "../../../builders/report";
import { aCopyFound, noCopyFound } from "../../../builders/searched";
import { anApproval, aRotation, theSecondary, v1 } from "../../../builders/state";
import { at, minutes, when } from "../../../builders/time";

const active = theSecondary();
const config = anAccount();
const off = anAccount({ gate: { searchAccount: false } });

const search = (changes: Partial<AccountSearch> = {}): AccountSearch => ({
  copies: [],
  objects: 3,
  incomplete: null,
  ...changes,
});
const copies = (count: number, slot: KeyCopy["slot"] = "primary"): readonly KeyCopy[] =>
  Array.from({ length: count }, (_, nth) => ({ slot, place: `job j${nth + 1}` }));

test.each([
  ["dataPlane", true, true],
  ["dataPlane", false, false],
  ["none", true, false],
] as const)("an account with probe %s is searched with searchAccount %s: %s", (probe, searchAccount, searched) => {
  expect(isSearched(anAccount({ probe, gate: { searchAccount } }))).toBe(searched);
});

/** Of a search that finds a copy of the published key only, among this many objects. */
const clean = (objects: number) =>
  searchResult(search({ copies: copies(1, "secondary"), objects }), active, null, when("10:12"));
const foundAgain = (known: Searched | null) =>
  searchResult(search({ copies: copies(1) }), active, known, when("10:30")).foundSince;

describe("the result of a search", () => {
  it("names the places of the key that dies next, and the remedy", () => {
    const found = searchResult(
      search({ copies: [...copies(1), ...copies(1, "secondary")] }),
      active,
      null,
      when("10:12"),
    );
    expect(found).toMatchObject({
      version: active.version,
      at: at("10:12"),
      foundSince: at("10:12"),
      incomplete: null,
    });
    expect(found.detail).toMatch(
      /^the account itself holds the primary key, which dies next, in job j1: let its tasks/,
    );
  });

  it("says how much was searched where there is no copy of that key", () => {
    expect(clean(1)).toMatchObject({
      foundSince: null,
      detail: expect.stringMatching(/in 1 pool, job, job schedule or task$/),
    });
    expect(clean(2).detail).toBe("no copy of the primary key was found in 2 pools, jobs, job schedules and tasks");
  });

  it("keeps since when a copy has been found, for the same version only", () => {
    expect(foundAgain(aCopyFound())).toBe(at("10:12"));
    expect(foundAgain(noCopyFound())).toBe(at("10:30"));
    expect(foundAgain(aCopyFound({ version: v1 }))).toBe(at("10:30"));
  });
});

test("five places are named, and the others are counted", () => {
  expect(placesInWords(copies(5))).toBe("job j1; job j2; job j3; job j4; job j5");
  expect(placesInWords(copies(7))).toBe("job j1; job j2; job j3; job j4; job j5; and 2 more places");
});

describe("KeyInAccount", () => {
  it("holds for the version whose gate it was, where the account is searched", () => {
    expect(copied(config, active, aCopyFound(), null)).toMatchObject({
      reason: "KeyInAccount",
      since: at("10:12"),
      detail: expect.stringMatching(/; searched at .*10:12.*, and again after .*10:27/),
    });
    expect(copied(config, active, null, null)).toBeNull();
    expect(copied(config, active, noCopyFound(), null)).toBeNull();
    expect(copied(config, active, aCopyFound({ version: v1 }), null)).toBeNull();
    expect(copied(off, active, aCopyFound(), null)).toBeNull();
  });

  it("is searched for again after a quarter of an hour; without a copy after five minutes", () => {
    const due = (searched: Parameters<typeof searchIsDue>[2], now: string) =>
      searchIsDue(config, active, searched, when(now));
    expect(due(null, "10:12")).toBe(true);
    expect(searchIsDue(off, active, null, when("10:12"))).toBe(false);
    expect([due(aCopyFound(), "10:26:59.999"), due(aCopyFound(), "10:27")]).toEqual([false, true]);
    expect([due(noCopyFound(), "10:16:59.999"), due(noCopyFound(), "10:17")]).toEqual([false, true]);
    expect(due(aCopyFound({ version: v1 }), "10:13")).toBe(true);
  });
});

const input = (changes: Partial<GateInput> = {}): GateInput => ({
  config,
  state: aRotation().published(),
  phaseSince: at("10:00"),
  sightings: reported(aReport()),
  pause: null,
  hold: null,
  searched: aCopyFound(),
  now: when("10:15"),
  ...changes,
});

const approved = (instant: string): GateInput["state"] => ({
  ...aRotation().published(),
  approval: { ...anApproval(), at: at(instant) },
});

describe("the gate", () => {
  const leaked = aRotation({ retireAfterMs: minutes(20) }).published();

  it("is shut by a copy, unless an approval from after it was found, or retireAfter, opens it", () => {
    expect(gate(input())).toMatchObject({ open: false, reason: "KeyInAccount" });
    expect(gate(input({ state: approved("10:12") }))).toMatchObject({ open: false, reason: "KeyInAccount" });
    expect(gate(input({ state: approved("10:12:00.001") }))).toMatchObject({
      open: true,
      override: expect.stringMatching(/in spite of KeyInAccount/),
    });
    expect(gate(input({ state: leaked, now: when("10:19:59") }))).toMatchObject({ open: false });
    expect(gate(input({ state: leaked, now: when("10:20") }))).toMatchObject({
      open: true,
      override: expect.stringMatching(/retireAfter has passed .*KeyInAccount/),
    });
  });

  it("has the account searched only where nothing else shuts it, and no override is given", () => {
    expect(mustSearch(input({ searched: null }))).toBe(true);
    expect(mustSearch(input())).toBe(false);
    expect(mustSearch(input({ now: when("10:27") }))).toBe(false);
    const late = { now: when("10:29"), sightings: reported(aReport({ at: at("10:28") })) };
    expect(mustSearch(input(late))).toBe(true);
    expect(mustSearch(input({ ...late, state: approved("10:13") }))).toBe(false);
    expect(mustSearch(input({ ...late, state: approved("10:11") }))).toBe(true);
    expect(mustSearch(input({ searched: null, sightings: reported() }))).toBe(false);
    expect(mustSearch(input({ searched: null, state: leaked, now: when("10:20") }))).toBe(false);
  });
});

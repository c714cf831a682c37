import { TransientServiceError } from "../../../lib/errors";
import { previousRetired } from "../../../lib/rotation/moves/transitions";
import { aConfirmation } from "../../builders/report";
import { aRotation } from "../../builders/state";
import { days, hours } from "../../builders/time";
import { anEvent } from "../../contracts/suites/records";
import { StoredHistory, type StoredPlace } from "./stored-history";

let tables: StoredHistory;

beforeAll(async () => {
  tables = await StoredHistory.open();
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => tables.close());

const sequencesOf = async (place: StoredPlace): Promise<readonly number[]> =>
  (await place.storedEvents()).map(({ sequence }) => sequence);

/** Eight events, six of which are older than the retention. */
const aged = async (): Promise<StoredPlace> => {
  const place = await tables.rotated({ rotateEveryMs: days(730) });
  place.rig.clock.advance(days(300));
  await place.order("pause");
  await place.order("resume");
  place.rig.clock.advance(days(100) + hours(1));
  return place;
};

/** The process dies after the record names the rows to remove, before any is removed. */
const diesBeforeRemoval = (place: StoredPlace): void => {
  const { history } = place.rig.app.ports;
  const failed = new TransientServiceError({ operation: "Tables delete entity", statusCode: 503 });
  place.rig.start({
    ports: {
      history: {
        append: (...asked) => history.append(...asked),
        page: (...asked) => history.page(...asked),
        newestOf: (...asked) => history.newestOf(...asked),
        lastBefore: (...asked) => history.lastBefore(...asked),
        removeThrough: () => Promise.reject(failed),
      },
    },
  });
};

it("an interrupted removal is harmless and completed later", async () => {
  const place = await aged();
  diesBeforeRemoval(place);
  await place.rig.tick();
  expect([(await place.stored()).chain.prunedThrough, (await sequencesOf(place)).length]).toEqual([6, 8]);
  expect(await place.verified()).toMatchObject({ intact: true });
  // The oldest are removed first.
  for (const sequence of [1, 2, 3]) await place.remove(await place.row(sequence));
  expect(await place.verified()).toMatchObject({ intact: true, events: 5 });
  await place.remove(await place.row(5));
  expect(await place.problems()).toEqual(["4 had been taken out because of its age, and is there again"]);
  place.rig.start();
  await place.rig.tickAfter(hours(6));
  expect(await sequencesOf(place)).toEqual([7, 8]);
  expect(await place.verified()).toMatchObject({ intact: true, events: 2 });
});

it("a row with a manually changed, old date does not cause the removal of earlier rows", async () => {
  const place = await tables.rotated({ rotateEveryMs: days(730) });
  await place.put({ ...(await place.row(6)), at: "2001-01-01T00:00:00.000Z" });
  await place.rig.tickAfter(hours(6));
  expect((await place.stored()).chain.prunedThrough).toBe(0);
  expect(await place.problems()).toEqual(["6 is not as it was written"]);
});

it("any text of an operator is stored as it was hashed", async () => {
  const place = await tables.rotated();
  for (const reason of [
    "prüft nicht – 😀",
    "\ud83d half",
    "\u0000\u0001\u001f\u007f",
    "\u2028'\"\\",
    "x".repeat(5_000),
    " ",
  ]) {
    await place.order("pause", reason);
    await place.order("resume", "again");
  }
  expect(await place.verified()).toEqual({ account: place.config.name, intact: true, events: 18, problems: [] });
});

it("the longest evidence fits in a column: 100 instances with the longest names, all in an override", async () => {
  const place = await tables.rotated();
  const confirmations = Array.from({ length: 400 }, (_, index) =>
    aConfirmation({ consumer: "c".repeat(64), instance: String(index).padStart(64, "i"), healthy: false }),
  );
  const retirement = {
    override: "o".repeat(50_000),
    byOthers: false,
    requestId: "r".repeat(64),
    confirmations,
    searched: null,
  };
  const [draft] = previousRetired(aRotation().published(), retirement, new Date()).events;
  const evidence = draft?.evidence ?? null;
  // 64 KiB of UTF-16.
  expect(JSON.stringify(evidence).length).toBeLessThan(32_768);
  const [newest] = (await place.storedEvents()).toReversed();
  const event = { ...anEvent(7), account: place.config.name, evidence, previousHash: newest?.previousHash ?? null };
  await place.rig.app.ports.history.append([event], { signal: new AbortController().signal });
  expect((await place.storedEvents()).at(-1)).toEqual(event);
});

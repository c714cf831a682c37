import { decodeTime } from "ulid";
import { UlidIds } from "../../lib/system";
import { VirtualClock } from "../fakes/world/virtual-clock";

const at = new Date("2026-11-22T10:00:00.000Z");
const clock = new VirtualClock({ startsAt: at.toISOString() });

describe("ids", () => {
  it("contain the time of the clock", () => {
    expect(new Date(decodeTime(new UlidIds(clock).next()))).toEqual(at);
  });

  it("rise within one millisecond", () => {
    const ids = new UlidIds(clock);
    const made = Array.from({ length: 100 }, () => ids.next());
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(100);
  });
});

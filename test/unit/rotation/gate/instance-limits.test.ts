import * as fc from "fast-check";
import { consumerState } from "../../../../lib/rotation/gate/consumers";
import { isOver } from "../../../../lib/rotation/gate/instance-limits";
import { healthUrlInstance, type InstanceReport, refusedInstance } from "../../../../lib/rotation/gate/signals";
import { plusMs } from "../../../../lib/rotation/time/time";
import { aConsumer, aGate } from "../../../builders/account";
import { aReport, reported } from "../../../builders/report";
import { theSecondary, v1, v2 } from "../../../builders/state";
import { at, hours, minutes, when } from "../../../builders/time";

const gate = aGate({ forgetInstanceAfterMs: hours(2), soakMs: minutes(30) });
const over = (report: InstanceReport, now: string, of = gate): boolean => isOver(of, when(now))(report);

const isOpen = (reports: readonly InstanceReport[], now: string): boolean => {
  const found = consumerState(aConsumer(), gate, theSecondary(), reported(...reports), new Date(now));
  return found.state === "Good" && plusMs(found.goodSince, gate.soakMs) <= now;
};

describe("a report is over", () => {
  it("when its instance is forgotten and the soak after that has passed", () => {
    const report = aReport({ at: at("10:00") });
    expect(over(report, "12:30")).toBe(false);
    expect(over(report, "12:30:00.001")).toBe(true);
  });

  it("not as long as its instance reports unsigned", () => {
    const unsigned = { at: at("12:00"), secretVersion: v2, healthy: true, detail: null, since: at("11:00") };
    expect(over(aReport({ at: at("10:00"), unsigned }), "13:00")).toBe(false);
  });

  it("not as long as a signed signal of the same instant may be repeated", () => {
    const short = aGate({ forgetInstanceAfterMs: minutes(1), soakMs: 0 });
    const report = aReport({ at: at("10:00") });
    expect(over(report, "10:10", short)).toBe(false);
    expect(over(report, "10:10:00.001", short)).toBe(true);
  });

  it("never if it is of the health URL, whose last answer counts until the next one", () => {
    expect(over(aReport({ instance: healthUrlInstance, at: at("10:00", 1) }), "10:00")).toBe(false);
    expect(over(aReport({ instance: refusedInstance, at: at("10:00", 1) }), "10:00")).toBe(true);
  });
});

test("removing the reports that are over never opens a gate, and never shuts one", () => {
  const heard = fc.integer({ min: -300, max: 0 }).map((minute) => plusMs(at("14:00"), minutes(minute)));
  const report = fc.tuple(heard, fc.constantFrom(v1, v2), fc.boolean(), fc.nat({ max: 60 }), fc.nat({ max: 5 })).map(
    ([sent, secretVersion, healthy, good, instance]): InstanceReport =>
      aReport({
        instance: `vm-${instance}`,
        at: sent,
        receivedAt: sent,
        secretVersion,
        healthy,
        goodSince: healthy ? plusMs(sent, -minutes(good)) : null,
        unhealthySince: healthy ? null : sent,
      }),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(report, { selector: ({ instance }) => instance }),
      fc.nat({ max: 300 }),
      (all, later) => {
        const left = all.filter((one) => !over(one, "14:00"));
        const now = plusMs(at("14:00"), minutes(later));
        expect(isOpen(left, now)).toBe(isOpen(all, now));
      },
    ),
    { numRuns: 2_000 },
  );
});

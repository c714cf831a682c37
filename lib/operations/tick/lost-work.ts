import { publishNotice } from "../../alarms/publish-notice";
import type { App } from "../../app";
import { TransientServiceError } from "../../errors";
import { callOptions } from "../../limits";
import { workIn } from "./work";

/** The alarm about a message that the host has given up. Fails where it cannot be published: the host repeats it. */
export const alarmLostWork = (app: App, message: unknown): Promise<void> => alarmWorkLost(app, detailOf(message));

/** The alarm about accounts that went to the queue and that no worker processed. */
export const alarmWorkLost = async (app: App, detail: string): Promise<void> => {
  const { ports, limits } = app;
  const notices = await ports.notices.list(callOptions(ports.clock, limits.callMs));
  const known = notices.find(({ notice }) => notice.account === null) ?? null;
  const published = await publishNotice(
    { ports, callMs: limits.callMs },
    { account: null, known, draft: { event: "WorkLost", detail } },
  );
  if (published === null) throw new TransientServiceError({ operation: "notice of lost work", code: "Held" });
};

const detailOf = (message: unknown): string => {
  const work = workIn(message);
  const whose = work === null ? "a message" : `the work of ${work.at} on subscription ${work.subscription}`;
  return (
    `${whose} has failed five times: the function rotateSubscription crashes, or runs longer than functionTimeout; ` +
    "the next run of the timer hands the accounts over again; see the exceptions of that function"
  );
};

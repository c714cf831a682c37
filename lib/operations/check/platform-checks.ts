import type { App } from "../../app";
import { callOptions } from "../../limits";
import { platformRemedies, withIdentity } from "../../remedies";
import type { AccountConfig } from "../../rotation/account-config";
import { firstRecord } from "../../rotation/first-record";
import type { ConsumerState } from "../../rotation/gate/consumer-state";
import { nothingSeen } from "../../rotation/gate/sightings";
import { toInstant } from "../../rotation/time/time";
import type { LookInput, Preview, Untried } from "../../sights/looker";
import { bad, type Check, good, untried as notTried } from "./checks";

/** As if the account waited at its gate, in a dry run: so each looker reads, and changes nothing. */
export const previewInput = async ({ ports, limits }: App, config: AccountConfig): Promise<LookInput> => {
  const now = ports.clock.now();
  const call = callOptions(ports.clock, limits.callMs);
  const stored = await ports.rotations.read(config.name, call).catch(() => null);
  const record = stored?.record ?? firstRecord(config, now);
  const at = toInstant(now);
  const unknown = { slot: "primary", version: "unknown", publishedAt: at, createdAt: at, keyMadeAt: at } as const;
  const state = { phase: "adopting", active: record.state.active ?? unknown, approval: null } as const;
  return { config, record, state, sightings: nothingSeen, dryRun: true, now };
};

export const previewsOf = ({ lookers, ports, limits }: App, input: LookInput): readonly Preview[] =>
  lookers.flatMap((looker) => looker.previews?.(input, (ms = limits.callMs) => callOptions(ports.clock, ms)) ?? []);

/** What no refresh and no sync ends. */
const lasting: readonly string[] = ["PinnedVersion", "NeedsSignal", "RefreshFailed"];

export const platformCheck = (consumer: string, found: ConsumerState): Check => {
  const check = `platform of ${consumer}`;
  return found.state !== "Good" && lasting.includes(found.state)
    ? bad(
        check,
        `${found.state}: ${found.detail}`,
        "change it as the detail says, so that the gate can open (docs/consumers.md)",
      )
    : good(check, `its platform can be read: ${found.state}`);
};

/** `allowed`: null where the role assignments cannot be read. */
export const untriedCheck = (
  check: string,
  { resourceId, action }: Untried,
  allowed: boolean | null,
  principal: string | null,
): Check => {
  if (allowed === null)
    return notTried(check, "not tried, as it would restart the app; the role assignments cannot be read");
  return allowed
    ? good(check, "granted by a role assignment; not tried, as it would restart the app")
    : bad(
        check,
        `no role assignment grants ${action}`,
        withIdentity(platformRemedies.forbidden({ resourceId, action }), principal),
      );
};

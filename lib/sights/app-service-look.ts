import { secretUrl } from "../rotation/ownership";
import { safeMessage } from "../errors";
import type { AppServices } from "../ports/platforms";
import type { Ports } from "../ports/ports";
import { appServiceShut } from "../rotation/platforms/app-service";
import {
  answeredAs,
  type AskingConditions,
  askingFor,
  mergedLook,
  refreshProblem,
  type RequestKind,
  wantedRequest,
} from "../rotation/platforms/app-service-requests";
import { type AppServiceSeen, notAsked, type PlatformRequest } from "../rotation/platforms/app-service-seen";
import { streakAt } from "../rotation/platforms/platform-base";
import type { PlatformView } from "../rotation/platforms/platform-view";
import { type Sight, sightName } from "../rotation/gate/sightings";
import { rotationOf } from "../rotation/phases";
import { toInstant } from "../rotation/time/time";
import { minutes } from "../rotation/time/units";
import type { Limit, LookInput } from "./looker";
import type { PlatformLook } from "./platform-looker";

type View = PlatformView<"appService">;

interface LookPorts extends Pick<Ports, "signals" | "clock"> {
  readonly appServices: AppServices;
}

/** Looks at App Service apps, and has each read the secret once after each publication. */
export const appServiceLook = (ports: LookPorts, overlapMs: number): PlatformLook<"appService"> => ({
  kind: "appService",
  isDue: () => true,
  unseen: (view, input) => unseen(view, input, overlapMs),
  see: async (view, input, call, keep) => {
    const look = new AppLook(ports, view, input, call, overlapMs);
    return look.run(keep);
  },
  untried: ({ platform: { resourceId, refresh, restart } }) => [
    ...(refresh ? [{ what: "refresh", resourceId, action: actionOn(resourceId, refreshAction) }] : []),
    ...(restart ? [{ what: "restart", resourceId, action: actionOn(resourceId, "restart/Action") }] : []),
  ],
  merged: mergedLook,
});

/** Documented nowhere: what Azure says when it refuses a refresh counts. */
const refreshAction = "config/configreferences/appsettings/refresh/action";

const actionOn = (resourceId: string, action: string): string =>
  `Microsoft.Web/${/\/slots\//i.test(resourceId) ? "sites/slots" : "sites"}/${action}`;

const unseen = (
  { consumer, platform, published, seen }: View,
  { config }: LookInput,
  overlapMs: number,
): AppServiceSeen =>
  seen ?? {
    kind: "appService",
    consumer: consumer.name,
    resourceId: platform.resourceId,
    secret: secretUrl(config.secret),
    version: published.version,
    lookedAt: null,
    problem: null,
    references: [],
    instances: [],
    refresh: notAsked,
    restart: notAsked,
    overlapMs,
    goodSince: null,
  };

/** The answer comes once the app has restarted. */
const maxRestartMs = minutes(2);

/** One look at one app. */
class AppLook {
  #seen: AppServiceSeen;

  constructor(
    private readonly ports: LookPorts,
    private readonly view: View,
    private readonly input: LookInput,
    private readonly call: Limit,
    overlapMs: number,
  ) {
    this.#seen = unseen(view, input, overlapMs);
  }

  async run(keep: (seen: AppServiceSeen) => void): Promise<AppServiceSeen> {
    const { appServices, clock } = this.ports;
    const { resourceId } = this.view.platform;
    const { secret } = this.input.config;
    this.#seen = { ...this.#seen, references: await appServices.references(resourceId, secret, this.call()) };
    // A restart follows in the same look.
    while (await this.#request()) keep(this.#seen);
    const instances = await appServices.instances(resourceId, this.call());
    const now = clock.now();
    const looked = { ...this.#seen, instances, lookedAt: toInstant(now), problem: null };
    const shut = appServiceShut({ ...this.view, now }, looked);
    const goodSince = shut === null ? streakAt(this.view.seen, this.view.gate.signalFreshnessMs, now) : null;
    return { ...looked, goodSince };
  }

  /** True where a request was answered as wanted, so that another may follow. */
  async #request(): Promise<boolean> {
    const kind = wantedRequest(this.view, this.#seen);
    if (kind === null) return false;
    const asking = askingFor(this.#seen[kind], this.#conditions());
    const before = this.#seen[kind];
    this.#seen = { ...this.#seen, [kind]: asking.request };
    // Stored before it is sent, so that of several processes one sends.
    if (!asking.send || !(await this.#store(kind, before))) return false;
    const problem = await this.#send(kind);
    const request = this.#seen[kind];
    const answered =
      problem === null ? answeredAs(request, toInstant(this.ports.clock.now())) : { ...request, problem };
    this.#seen = { ...this.#seen, [kind]: answered };
    return problem === null;
  }

  /** What was wrong; null where it was answered as wanted. */
  async #send(kind: RequestKind): Promise<string | null> {
    const { appServices } = this.ports;
    const { resourceId } = this.view.platform;
    try {
      if (kind === "restart") {
        await appServices.restart(resourceId, this.call(maxRestartMs));
        return null;
      }
      const refreshed = await appServices.refresh(resourceId, this.input.config.secret, this.call());
      const others = this.#seen.references.filter(({ list }) => list !== "appSettings");
      this.#seen = { ...this.#seen, references: [...refreshed, ...others] };
      return refreshProblem(refreshed);
    } catch (error) {
      return safeMessage(error);
    }
  }

  async #store(kind: RequestKind, { attempts, answeredAt }: PlatformRequest): Promise<boolean> {
    const seen = this.#seen;
    const change = (known: Sight | null): Sight | null => {
      const own = known?.kind === "appService" && known.version === seen.version ? known : null;
      const stored = own?.[kind] ?? notAsked;
      return stored.attempts === attempts && stored.answeredAt === answeredAt ? seen : null;
    };
    return (
      (await this.ports.signals.updateSight(this.input.config.name, sightName(seen), change, this.call())) !== null
    );
  }

  /**
   * The window binds what the schedule does. A person who asks for a rotation now asks for the refresh too, and an app
   * that holds a dead key, or one that was taken back, works only after it.
   */
  #conditions(): AskingConditions {
    const { config, state, record, dryRun } = this.input;
    const isUrgent = rotationOf(state)?.trigger === "demand" || record.readAtOnce === state.active.version;
    return { window: isUrgent ? null : config.window, hold: record.hold, dryRun, now: this.ports.clock.now() };
  }
}

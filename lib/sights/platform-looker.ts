import { safeMessage } from "../errors";
import type { Ports } from "../ports/ports";
import { platformState, viewOf } from "../rotation/platforms/platform-state";
import type { PlatformKind, PlatformView } from "../rotation/platforms/platform-view";
import { type PlatformSeen, type Sight, sightName } from "../rotation/gate/sightings";
import type { Limit, Looker, LookInput, Preview } from "./looker";

type SeenOn<K extends PlatformKind> = Extract<PlatformSeen, { kind: K }>;

/** How one kind of platform is looked at. */
export interface PlatformLook<K extends PlatformKind> {
  readonly kind: K;
  isDue(view: PlatformView<K>): boolean;
  /** What is stored where the platform cannot be seen, and has not been since the publication. */
  unseen(view: PlatformView<K>, input: LookInput): SeenOn<K>;
  /** Throws where the platform cannot be seen: then what was known stays, or what it has kept, with the problem. */
  see(view: PlatformView<K>, input: LookInput, call: Limit, keep: (seen: SeenOn<K>) => void): Promise<SeenOn<K>>;
  /** What is stored where another process has stored `known` of the same version since. Absent: what was seen. */
  merged?(known: SeenOn<K>, seen: SeenOn<K>): SeenOn<K>;
  /** What a look may ask for that cannot be tried. Absent: nothing. */
  untried?(view: PlatformView<K>): Preview["untried"];
}

/** The consumers of an account on platforms of this kind. */
const viewsOf = <K extends PlatformKind>(kind: K, input: LookInput): readonly PlatformView<K>[] => {
  const { config, state, sightings, now } = input;
  const { gate } = config;
  return gate.consumers.flatMap((consumer) => {
    const { platform } = consumer;
    if (platform === null || !isOf(kind, platform)) return [];
    const { platforms } = sightings;
    return [viewOf<K>(platform, { consumer, gate, published: state.active, platforms, reports: false, now })];
  });
};

const isOf = <K extends PlatformKind, P extends { readonly kind: PlatformKind }>(
  kind: K,
  platform: P,
): platform is Extract<P, { kind: K }> => platform.kind === kind;

/** Looks at each consumer on platforms of one kind, all at once, and stores what each look shows. */
export const platformLooker = <K extends PlatformKind>(
  ports: Pick<Ports, "signals" | "log">,
  how: PlatformLook<K>,
): Looker => ({
  kind: how.kind,
  isDue: (input) => viewsOf(how.kind, input).some((view) => how.isDue(view)),
  look: async (input, call) => {
    const due = viewsOf(how.kind, input).filter((view) => how.isDue(view));
    await Promise.all(due.map((view) => lookOnce(ports, how, view, input, call)));
  },
  previews: (input, call) =>
    viewsOf(how.kind, input).map((view) => ({
      consumer: view.consumer.name,
      show: async () => {
        const { platform, published, ...rest } = view;
        const platforms = [await how.see(view, input, call, () => undefined)];
        return platformState(platform, { ...rest, published, platforms });
      },
      untried: how.untried?.(view) ?? [],
    })),
});

const lookOnce = async <K extends PlatformKind>(
  { signals, log }: Pick<Ports, "signals" | "log">,
  how: PlatformLook<K>,
  view: PlatformView<K>,
  input: LookInput,
  call: Limit,
): Promise<void> => {
  let kept = view.seen ?? how.unseen(view, input);
  const keep = (soFar: SeenOn<K>): void => {
    kept = soFar;
  };
  const seen = await how.see(view, input, call, keep).catch((error: unknown) => {
    const problem = safeMessage(error);
    // The status shows the first consumer that keeps the gate shut, which may be another one.
    const detail = `${view.consumer.name}: ${problem}`;
    log.write("warn", { event: "LookFailed", account: input.config.name, kind: how.kind, detail });
    return { ...kept, problem };
  });
  const store = (known: Sight | null): Sight | null => {
    if (known === null || !isSame(known, seen)) return seen;
    if ((known.lookedAt ?? "") > (seen.lookedAt ?? "")) return null;
    return how.merged?.(known, seen) ?? seen;
  };
  await signals.updateSight(input.config.name, sightName(seen), store, call());
};

/** Of the same platform and the same version of the secret. */
const isSame = <S extends PlatformSeen>(known: Sight, seen: S): known is S =>
  known.kind === seen.kind && known.version === seen.version && known.resourceId === seen.resourceId;

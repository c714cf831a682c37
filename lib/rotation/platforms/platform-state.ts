import type { ConsumerConfig, GateConfig, PlatformConfig } from "../account-config";
import { appServiceState } from "./app-service";
import type { PublishedVersion } from "../gate/consumer-checks";
import type { ConsumerState } from "../gate/consumer-state";
import { containerAppState } from "./container-app";
import { dataFactoryState } from "./data-factory";
import type { PlatformKind, PlatformView } from "./platform-view";
import type { PlatformSeen, Sightings } from "../gate/sightings";

/** What is known of the consumer when its platform is asked about it. */
export interface PlatformQuestion {
  readonly consumer: ConsumerConfig;
  readonly gate: GateConfig;
  readonly published: PublishedVersion;
  readonly platforms: Sightings["platforms"];
  readonly reports: boolean;
  readonly now: Date;
}

/** The state of a consumer by what its platform shows. */
export const platformState = (platform: PlatformConfig, question: PlatformQuestion): ConsumerState => {
  switch (platform.kind) {
    case "appService":
      return appServiceState(viewOf(platform, question));
    case "containerApp":
      return containerAppState(viewOf(platform, question));
    case "dataFactory":
      return dataFactoryState(viewOf(platform, question));
  }
};

/** What was seen of another resource, or before this version was published, says nothing. */
export const viewOf = <K extends PlatformKind>(
  platform: Extract<PlatformConfig, { kind: K }>,
  { platforms, ...rest }: PlatformQuestion,
): PlatformView<K> => {
  const isOwn = (seen: PlatformSeen): seen is Extract<PlatformSeen, { kind: K }> =>
    seen.kind === platform.kind &&
    seen.consumer === rest.consumer.name &&
    seen.resourceId === platform.resourceId &&
    seen.version === rest.published.version;
  return { ...rest, platform, seen: platforms.find(isOwn) ?? null };
};

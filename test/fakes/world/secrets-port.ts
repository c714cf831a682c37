import type { Publication, SecretPublisher } from "../../../lib/ports/secret-publisher";
import type { SecretRef } from "../../../lib/rotation/account-config";
import type { RotationRecord } from "../../../lib/rotation/record";
import { toInstant } from "../../../lib/rotation/time/time";
import { otherTagsOf, publishedWith, secretName, type VaultAction, type VersionFact } from "./fake-vault";
import type { SentPublication } from "./observer";
import type { Process } from "./process";
import { refusal } from "./refusal";
import type { World } from "./world";

/** Key Vault returns whole seconds. */
const wholeSecond = (ms: number): string => toInstant(new Date(Math.floor(ms / 1000) * 1000));

export const secretsPort = (world: World, process: Process): SecretPublisher => {
  const shown = (version: VersionFact) => ({
    version: version.version,
    enabled: true as const,
    key: world.key(version.value),
    createdAt: wholeSecond(version.createdAtMs),
    rotationId: version.tags["RotationId"] ?? null,
    marks: {
      providerAddress: version.tags["ProviderAddress"] ?? null,
      contentType: version.contentType,
      contestedBy: version.tags["ContestedBy"] ?? null,
    },
    otherTags: otherTagsOf(version.tags),
  });
  const check = (action: VaultAction): void => {
    if (world.vault.denied.has(action)) throw refusal(world, "Forbidden", `Key Vault ${action}`, 403);
    if (action !== "get" && world.vault.failedOverTo !== null)
      throw new world.product.TransientServiceError({ operation: `Key Vault ${action}`, statusCode: 503 });
  };
  return {
    newest: (ref, { signal }) =>
      world.wire.call(process, {
        operation: "secrets.newest",
        signal,
        subject: () => `of ${ref.name}`,
        effect: () => {
          check("get");
          const version = world.vault.shownNewest(ref);
          const effect = world.vault.shownThrough(ref, world.effects);
          process.reads.set(secretName(ref), { effect, at: world.timeline.now });
          if (version === null) return null;
          if (version.disabledBy === null) return shown(version);
          throw refusal(world, "SecretDisabled", "Key Vault getSecret", 403);
        },
      }),
    version: (ref, id, { signal }) =>
      world.wire.call(process, {
        operation: "secrets.version",
        signal,
        subject: () => `${world.transcript.version(id)} of ${ref.name}`,
        effect: () => {
          check("get");
          const version = world.vault.shownVersion(ref, id);
          if (version === null) return null;
          return version.disabledBy === null ? shown(version) : { version: id, enabled: false };
        },
      }),
    publish: (ref, publication, { signal }) => {
      const sent = sentPublication(world, process, ref, publication);
      return world.wire.call(process, {
        operation: "secrets.publish",
        signal,
        subject: () => `${publication.slot} ${world.transcript.key(publication.key.reveal())} to ${ref.name}`,
        effect: () => {
          check("set");
          if (world.vault.isDeleted(ref)) throw refusal(world, "SecretDeleted", "Key Vault setSecret", 409);
          const before = world.vault.newest(ref);
          world.effects += 1;
          const added = world.vault.add(ref, {
            ...publishedWith(publication),
            value: publication.key.reveal(),
            by: "rotator",
            createdAtMs: world.wallMs,
            effect: world.effects,
          });
          const { version } = added;
          world.transcript.note("vault", () => `newest version of ${ref.name} is ${world.transcript.version(version)}`);
          world.observer.published(sent, before, added);
          return {
            version,
            createdAt: wholeSecond(added.createdAtMs),
            requestId: `vault-request-${world.vault.publications}`,
          };
        },
      });
    },
    disable: (ref, id, { signal }) =>
      world.wire.call(process, {
        operation: "secrets.disable",
        signal,
        subject: () => `${world.transcript.version(id)} of ${ref.name}`,
        effect: () => {
          check("update");
          const version = world.vault.version(ref, id);
          if (version === null) throw refusal(world, "NotFound", "Key Vault updateSecret", 404);
          world.effects += 1;
          version.disabledBy ??= "rotator";
        },
      }),
    contest: (ref, id, resourceId, { signal }) =>
      world.wire.call(process, {
        operation: "secrets.contest",
        signal,
        subject: () => `${world.transcript.version(id)} of ${ref.name}`,
        effect: () => {
          check("get");
          const version = world.vault.version(ref, id);
          if (version === null) throw refusal(world, "NotFound", "Key Vault getSecret", 404);
          if (version.tags["ContestedBy"] !== undefined) return;
          check("update");
          version.tags = { ...version.tags, ContestedBy: resourceId };
        },
      }),
  };
};

const sentPublication = (
  world: World,
  process: Process,
  secret: SecretRef,
  { key, slot, resourceId }: Publication,
): SentPublication => {
  const rows = [...world.tables.rotations.values()].map(({ record }) => record);
  const isOf = (record: RotationRecord): boolean =>
    record.resourceId === resourceId && secretName(record.secret) === secretName(secret);
  return {
    process,
    secret,
    slot,
    resourceId,
    value: key.reveal(),
    record: rows.find(isOf) ?? null,
    newestReadAt: process.reads.get(secretName(secret))?.effect ?? 0,
    sentAtEffect: world.effects,
    sentAt: world.timeline.now,
    owner: world.vault.newest(secret)?.tags["ProviderAddress"] ?? null,
    probed: process.probes.get(key.reveal()) ?? null,
  };
};

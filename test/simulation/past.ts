import { createHash } from "node:crypto";
import type { RotationEvent } from "../../lib/rotation/events/events";
import type { AccountConfig } from "../../lib/rotation/account-config";
import { aReport } from "../builders/report";
import { limits } from "../fakes/limits";
import type { World } from "../fakes/world/world";
import { hour, type Past } from "./plan-types";

/** Writes the history of an account whose record is gone. */
export const writePast = ({ product, tables, wallMs }: World, account: string, { pruned, old, recent }: Past): void => {
  let previousHash: string | null = pruned === 0 ? null : "0".repeat(64);
  for (let index = 0; index < old + recent; index += 1) {
    const ageMs = index < old ? limits.historyKeepMs + (old - index) * 24 * hour : (old + recent - index) * hour;
    const event: RotationEvent = {
      id: `past-${account}-${index}`,
      sequence: pruned + index + 1,
      at: new Date(wallMs - ageMs).toISOString(),
      event: index % 2 === 0 ? "Paused" : "Resumed",
      account,
      rotationId: null,
      reason: null,
      detail: "before the record was deleted",
      by: "operator:ada",
      evidence: null,
      previousHash,
    };
    tables.append(event);
    previousHash = createHash("sha256").update(product.hashedText(event), "utf8").digest("hex");
  }
};

/** Reports of instances that are longer forgotten than the soak lasts. */
export const writeForgotten = ({ tables, wallMs }: World, { name, gate }: AccountConfig, count: number): void => {
  const [consumer] = gate.consumers;
  if (count === 0 || consumer === undefined) return;
  const at = new Date(wallMs - 24 * hour).toISOString();
  const report = aReport({ consumer: consumer.name, at, receivedAt: at, goodSince: at, secretVersion: "0".repeat(32) });
  const rows = Array.from({ length: count }, (_, index) => {
    const instance = `old-${String(index).padStart(6, "0")}`;
    return [`${consumer.name}:${instance}`, { ...report, instance }] as const;
  });
  tables.signals.set(name, new Map(rows));
};

import type { AccountConfig } from "../account-config";

/** FNV-1a of a text, as a part of 1: from 0 on and below 1. */
const fractionOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  // The low bits of FNV differ least for texts that differ in their last characters only.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) >>> 0;
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
};

/**
 * By how much an account is due earlier than `rotateEvery` after its key was made, in milliseconds. Never later, so no
 * key gets older than allowed. Canaries move by the whole spread: the others wait for them.
 */
export const dueEarlierMs = ({ name, batch, rotateEveryMs, fleet }: AccountConfig): number => {
  const part = fleet.canaries.includes(name) ? 1 : fractionOf(batch.resourceId.toLowerCase());
  return Math.floor(fleet.spread * rotateEveryMs * part);
};

import { BatchKey } from "../../lib/batch-key";
import type { EnabledVersion } from "../../lib/ports/secret-publisher";
import { v1 } from "./state";
import { at } from "./time";

/** The bytes 0 to 63 in base64: a key in Batch's format that belongs to no account. */
export const keyText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/** The same bytes in reverse order. */
export const otherKeyText = "Pz49PDs6OTg3NjU0MzIxMC8uLSwrKikoJyYlJCMiISAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAA==";

export const aKey = (text: string = keyText): BatchKey => new BatchKey(text);

/** An enabled version that was published without any mark. */
export const aSecretVersion = (changes: Partial<EnabledVersion> = {}): EnabledVersion => ({
  version: v1,
  enabled: true,
  key: aKey(),
  createdAt: at("09:00"),
  rotationId: null,
  marks: { providerAddress: null, contentType: null, contestedBy: null },
  otherTags: {},
  ...changes,
});

import { BatchKey } from "../../lib/batch-key";

/** The bytes 0 to 63 in base64: a key in Batch's format that belongs to no account. */
export const keyText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

/** The same bytes in reverse order. */
export const otherKeyText = "Pz49PDs6OTg3NjU0MzIxMC8uLSwrKikoJyYlJCMiISAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAA==";

export const aKey = (text: string = keyText): BatchKey => new BatchKey(text);

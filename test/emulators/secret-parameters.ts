import type { NewVersion, StoredVersion } from "./vault-store";
import { isObject, jsonObjectOf, type WireRequest } from "./wire";

const maxValueBytes = 25 * 1024;
const maxTags = 15;
const maxTagCharacters = 256;
const maxContentTypeCharacters = 255;

type Changes = { -readonly [Member in "enabled" | "contentType" | "tags" | "expiresOn"]?: StoredVersion[Member] };

/** The content of a PUT, or the reason to refuse it. */
export const parseSetSecret = (request: WireRequest): NewVersion | string => {
  const body = jsonObjectOf(request);
  if (body === null) return "The request body is missing or is not a JSON object.";
  const { value } = body;
  if (typeof value !== "string") return "The parameter value is required.";
  if (Buffer.byteLength(value, "utf8") > maxValueBytes) return "The parameter value exceeds 25600 bytes.";
  const changes = parseChanges(body);
  if (typeof changes === "string") return changes;
  const { contentType, ...others } = changes;
  return { value, ...others, ...(contentType == null ? {} : { contentType }) };
};

/** The content of a PATCH, or the reason to refuse it. Tags are replaced as a whole. */
export const parseUpdateSecret = (request: WireRequest): Changes | string => {
  const body = jsonObjectOf(request);
  return body === null ? "The request body is missing or is not a JSON object." : parseChanges(body);
};

const parseChanges = (body: Readonly<Record<string, unknown>>): Changes | string => {
  const { contentType, tags, attributes } = body;
  const changes: Changes = {};
  if (contentType !== undefined && contentType !== null) {
    if (typeof contentType !== "string") return "The parameter contentType must be a string.";
    if (contentType.length > maxContentTypeCharacters) return "The parameter contentType exceeds 255 characters.";
    changes.contentType = contentType;
  }
  if (tags !== undefined && tags !== null) {
    if (!areTags(tags)) return "The parameter tags must be an object of strings.";
    const entries = Object.entries(tags);
    if (entries.length > maxTags) return "A secret has at most 15 tags.";
    if (entries.flat().some((text) => text.length > maxTagCharacters)) {
      return "A tag's name and value have at most 256 characters each.";
    }
    changes.tags = tags;
  }
  if (attributes !== undefined && attributes !== null) {
    if (!isObject(attributes)) return "The parameter attributes must be an object.";
    const { enabled, exp } = attributes;
    if (typeof enabled === "boolean") changes.enabled = enabled;
    if (Number.isInteger(exp)) changes.expiresOn = new Date(Number(exp) * 1000);
  }
  return changes;
};

const areTags = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((tag) => typeof tag === "string");

import type { Publication, Tags } from "../../ports/secret-publisher";
import { days } from "../../rotation/time/units";

/** A secret has at most this many tags. */
const maxTags = 15;

type OwnTags = Readonly<Record<"CredentialId" | "ProviderAddress" | "ValidityPeriodDays" | "RotationId", string>>;

const ownTagsOf = ({ slot, resourceId, rotateEveryMs, rotationId }: Publication): OwnTags => ({
  CredentialId: slot === "primary" ? "Primary" : "Secondary",
  ProviderAddress: resourceId,
  ValidityPeriodDays: String(Math.max(1, Math.floor(rotateEveryMs / days(1)))),
  RotationId: rotationId,
});

/** A lookup by the name's exact spelling would lose a tag that differs in case only: Key Vault takes both. */
const publishedNames: readonly string[] = ["CredentialId", "ProviderAddress", "ValidityPeriodDays", "RotationId"];

/** On a version that another account's rotator has published. It goes with the next publication. */
export const contestedByTag = "ContestedBy";

/** The tags that others have set. */
export const otherTagsOf = (tags: Tags): Tags =>
  Object.fromEntries(
    Object.entries(tags).filter(([name]) => !publishedNames.includes(name) && name !== contestedByTag),
  );

/** The tags of a publication: the rotator's own, and as many of the others' as there is room for, by name. */
export const tagsOf = (publication: Publication): Record<string, string> => {
  const own = ownTagsOf(publication);
  const others = Object.entries(publication.otherTags).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { ...Object.fromEntries(others.slice(0, maxTags - publishedNames.length)), ...own };
};

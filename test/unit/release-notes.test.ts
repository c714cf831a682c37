import { changesOf, releaseNotes } from "../tools/release/notes";

const changelog = `# Changelog

The format is …

## Unreleased

### Added

- A thing that is not released.

## [1.2.0] - 2027-01-05

### Added

- Another thing.

## 1.1.0

### Stored

- Nothing new.

## 1.0.0
`;
const options = { changelog, repository: "someone/rotator", files: ["app.zip"] };

it.each([
  ["Unreleased", "### Added\n\n- A thing that is not released."],
  ["1.2.0", "### Added\n\n- Another thing."],
  ["1.1.0", "### Stored\n\n- Nothing new."],
])("the changes of %s are its part of the changelog alone", (version, expected) => {
  expect(changesOf(changelog, version)).toBe(expected);
});

it.each(["1.0.0", "1.2", "2.0.0"])("a release %s without changes in the changelog is refused", (version) => {
  expect(changesOf(changelog, version)).toBeNull();
  expect(() => releaseNotes({ ...options, version })).toThrow(`CHANGELOG.md has no entry for ${version}`);
});

it("the text of a release names its files and the page of its own tag", () => {
  const text = releaseNotes({ ...options, version: "1.2.0" });
  expect(text).toContain("- `app.zip`\n");
  expect(text).toContain("(https://github.com/someone/rotator/blob/v1.2.0/docs/deploy.md)");
});

/** The portals of the clouds that a release can be deployed to. */
const portals = {
  Azure: "https://portal.azure.com",
  "Azure US Government": "https://portal.azure.us",
  "Azure China": "https://portal.azure.cn",
} as const;

export interface NotesOptions {
  readonly changelog: string;
  readonly version: string;
  /** `owner/name`. */
  readonly repository: string;
  /** The files of the release. */
  readonly files: readonly string[];
}

/** The part of the changelog on one version, without its heading; null where there is none. */
export const changesOf = (changelog: string, version: string): string | null => {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => /^\[?([^\]\s]+)/.exec(text)?.[1] === version);
  return section?.slice(section.indexOf("\n")).trim() || null;
};

/**
 * The portal reads both files in the browser of its user. Files of a release have no CORS header, so the browser
 * refuses them. Raw files of a tag have one, so the workflow stores a copy there.
 */
const portalFile = (repository: string, version: string, file: string): string =>
  encodeURIComponent(`https://raw.githubusercontent.com/${repository}/portal-v${version}/${file}`);

const button = (cloud: string, portal: string, { repository, version }: NotesOptions): string => {
  const template = portalFile(repository, version, "azuredeploy.json");
  const form = portalFile(repository, version, "createUiDefinition.json");
  return `[Deploy to ${cloud}](${portal}/#create/Microsoft.Template/uri/${template}/createUIDefinitionUri/${form})`;
};

/** The text of the release: what has changed, how to deploy it, how to check its files. Throws without an entry. */
export const releaseNotes = (options: NotesOptions): string => {
  const { changelog, version, repository, files } = options;
  const changes = changesOf(changelog, version);
  if (changes === null)
    throw new Error(`CHANGELOG.md has no entry for ${version}: add "## ${version}" with its changes`);
  const page = `https://github.com/${repository}/blob/v${version}/docs/deploy.md`;
  const buttons = Object.entries(portals).map(([cloud, portal]) => button(cloud, portal, options));
  return `${changes}

### Deploy

${buttons.join(" · ")}

A button creates the resources. [docs/deploy.md](${page}) shows what to do before and after it, and the other ways.

### Files

${files.map((file) => `- \`${file}\``).join("\n")}

\`sha256sum --check SHA256SUMS\` checks the files.
\`gh attestation verify app.zip --repo ${repository}\` shows that the workflow of this repository built them.
`;
};

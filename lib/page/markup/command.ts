import { type Html, html } from "./html";

/** Ready to copy: one click marks all of it. */
export const command = (text: string): Html => html`<pre tabindex="0"><code>${text}</code></pre>`;

/** The command of the Azure CLI in a text; null where it has none. */
export const commandIn = (text: string): Html | null => {
  const [found] = /az .*/.exec(text) ?? [];
  return found === undefined ? null : command(found);
};

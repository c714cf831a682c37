import { html } from "../../../../lib/page/markup/html";

test("every text is escaped, as content and in an attribute, however deep it stands", () => {
  const bad = `<script>alert("1")</script>'&`;
  const safe = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;";
  expect(html`<p title="${bad}">${bad}${[bad, [html`<b>${bad}</b>`]]}</p>`.text).toBe(
    `<p title="${safe}">${safe}${safe}<b>${safe}</b></p>`,
  );
});

test("what it has made itself stays; null is nothing, and 0 is a number", () => {
  expect(html`<i>${html`<b>x</b>`}${null}${0}</i>`.text).toBe("<i><b>x</b>0</i>");
});

test("characters that show nothing or turn the text around are replaced", () => {
  expect(html`${"a\u202egnp.exe\u0000\u2066b\nc"}`.text).toBe("a\ufffdgnp.exe\ufffd\ufffdb\nc");
});

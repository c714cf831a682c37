import { anAccount } from "../builders/account";
import { aFleet } from "../builders/fleet";
import { days, minutes } from "../builders/time";
import type { Answer } from "../rig/surface";
import { adopt, adopted, openRig, passing, place, published, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
beforeEach(async () => {
  rig = await openRig();
});

const get = (query = "", headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  rig.surface.call({ method: "GET", path: `/dashboard?code=the-key${query}`, headers });

/** What a reader sees, without the style. */
const textOf = ({ text }: Answer): string =>
  text
    .replace(/<style>[^]*<\/style>/, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll(/\s+/g, " ");

const rowsOf = ({ text }: Answer): readonly string[] =>
  [...text.matchAll(/class="name"><a[^>]*>([^<]*)/g)].map(([, name = ""]) => name);

describe("the list", () => {
  test("shows those that must act first, whom they wait for, and why", async () => {
    await adopted(rig, { name: "idle-weu" });
    const { at: lagging, vm } = await published(rig, { name: "render-weu" });
    await vm.report();
    const approval = place(rig, { name: "ledger-weu", gate: { mode: "approval", soakMs: 0 } });
    await rig.tick();
    const answer = await get();
    expect(rowsOf(answer)).toEqual([approval.name, lagging.name, "idle-weu"]);
    const text = textOf(answer);
    expect(text).toContain("1 account needs a person");
    expect(text).toContain("A person must approve.");
    expect(text).toContain("An instance does not run on the published version yet. render-api/vm-1 reported version");
    expect(rowsOf(await get("&state=app"))).toEqual([lagging.name]);
    expect(rowsOf(await get("&filter=LEDGER"))).toEqual([approval.name]);
    expect(textOf(await get("&filter=nothing"))).toContain("No account fits.");
  });

  test("of more accounts under way than fit on it counts them as the status of each does", async () => {
    rig.fleet = aFleet({ maxRotating: null, breaker: { failures: 1, withinMs: days(30) } });
    const stopped = place(rig, { name: "stopped-weu", rotateEveryMs: days(1) });
    await adopt(stopped, [stopped.vm()]);
    await rig.failInFleet("another");
    rig.clock.advance(days(2));
    const { at: soaking, vm } = await published(rig, { name: "soaking-weu" });
    for (let index = 0; index < 40; index += 1) place(rig, { name: `silent-${index}` });
    await rig.tick();
    await vm.refresh().report();
    await rig.tick();
    const text = textOf(await get());
    expect(text).toContain("Waits for a person 1 Waits for an app 40 Moving 1 Idle 0");
    expect(text).toContain("the counts are as the rotator last checked each account");
    expect(rowsOf(await get("&state=person"))).toEqual([stopped.name]);
    expect(rowsOf(await get("&state=moving"))).toEqual([soaking.name]);
    // A claim changes nothing of that, though its holder has not read the reports yet.
    const writes = jest.spyOn(rig.tables, "write");
    await rig.tick();
    const written = writes.mock.calls
      .filter(([{ account }]) => account === soaking.name)
      .map(([, , , attention]) => attention);
    expect(written).toEqual([expect.stringMatching(/;moving \S+$/), expect.stringMatching(/;moving \S+$/)]);
  });

  test("refreshes itself unless the reader has switched it off; its links carry the key", async () => {
    await adopted(rig);
    const answer = await get();
    expect(answer.headers).toMatchObject({
      refresh: "10",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      "content-security-policy": expect.stringMatching(/^default-src 'none'; style-src 'sha256-/),
    });
    for (const [, address] of answer.text.matchAll(/href="(dashboard[^"]*)"/g))
      expect(address).toContain("code=the-key");
    const off = await get("&live=off");
    expect(off.headers).not.toHaveProperty("refresh");
    expect(off.text).toContain('<form class="live" action="dashboard" method="get"');
    expect(off.text).toContain('<input type="hidden" name="code" value="the-key">');
    const { text } = await rig.surface.call({ method: "GET", path: "/dashboard" });
    expect(text).not.toContain("code=");
  });

  test("of 100,000 accounts costs one query and the reads of its rows, and has less than 100 KB", async () => {
    const { at } = await published(rig, { name: "zebra" });
    const many = Array.from({ length: 100_000 }, (_, index) => anAccount({ name: `account-${index}` }));
    rig.deploy([...many, at.config]);
    const seen = jest.spyOn(rig.world.observer, "beforeCall");
    const answer = await get();
    const calls = (operation: string): number => seen.mock.calls.filter(([name]) => name === operation).length;
    expect(rowsOf(answer).slice(0, 2)).toEqual(["zebra", "account-0"]);
    expect(Buffer.byteLength(answer.text)).toBeLessThan(100_000);
    expect(["rotations.listAttention", "rotations.read", "signals.list"].map(calls)).toEqual([1, 40, 40]);
    expect(textOf(await get("&page=2500"))).toContain("Page 2500 of 2,501");
  });

  test("shows an account whose record cannot be used as blocked", async () => {
    const { at } = await adopted(rig);
    await adopted(rig, { name: "other-weu" });
    at.damageRecord();
    await rig.tick();
    expect(textOf(await get("&state=blocked"))).toContain("The stored record of this account cannot be read.");
  });

  test("that cannot be read is a page that loads itself again", async () => {
    await adopted(rig);
    rig.unavailable("rotations.listAttention");
    const answer = await get();
    expect([answer.status, answer.headers["refresh"]]).toEqual([503, "10"]);
    expect(textOf(answer)).toContain("This page cannot be shown now");
    expect((await get()).status).toBe(200);
  });
});

describe("the page of an account", () => {
  test("shows the rotation, the apps, the events, and the next command with its request", async () => {
    const { at, vm } = await published(rig);
    await vm.report();
    const text = textOf(await get(`&account=${at.name}`));
    for (const part of [
      "Restart that instance, so that it reads the new secret.",
      'npx batch-key-rotator approve render-weu --reason "<why>"',
      "curl -X POST 'http://rotator.test/api/accounts/render-weu/approve'",
      `"phase":"published","rotationId":"${at.record.state.phase === "published" ? at.record.state.rotation.id : ""}"`,
      "New key published",
      "render-api: on the previous key · 1 must run, 1 has reported",
      `vm-1 previous ${vm.held.version.slice(0, 8)} healthy proof`,
      "KeyPublished",
    ])
      expect(text).toContain(part);
    expect(text).not.toContain("Approve …");
  });

  test("escapes what an app and a person have written, and shows no key", async () => {
    const { at, vm } = await published(rig);
    const evil = "<script>alert('it')</script>";
    await vm.refresh().report({ healthy: false, detail: evil });
    await at.order("pause", evil);
    const answer = await get(`&account=${at.name}`);
    expect(answer.text).not.toContain("<script");
    expect(answer.text).toContain("&lt;script&gt;alert(&#39;it&#39;)&lt;/script&gt;");
    for (const key of Object.values(at.keys())) expect(answer.text).not.toContain(key);
    const unknown = await get("&account=%3Cscript%3E");
    expect([unknown.status, unknown.text.includes("<script")]).toEqual([404, false]);
  });

  test("is there where its history cannot be read", async () => {
    const { at } = await adopted(rig);
    rig.unavailable("history.page");
    expect(textOf(await get(`&account=${at.name}`))).toContain("The history cannot be read now.");
  });
});

describe("the page of the fleet", () => {
  test("shows waves, canaries, breaker and, when asked, the way out", async () => {
    rig.fleet = aFleet({ canaries: ["render-weu"], breaker: { failures: 1, withinMs: days(30) } });
    const { at } = await adopted(rig);
    await rig.failInFleet("another");
    const text = textOf(await get("&view=fleet"));
    for (const part of [
      "Scheduled rotations are stopped.",
      'npx batch-key-rotator resume-fleet --reason "<why>"',
      "0 of at most 2 scheduled rotations are under way.",
      "render-weu has yet to complete a rotation",
      "another rolled back",
      "The configuration lists all accounts",
    ])
      expect(text).toContain(part);
    rig.clock.advance(days(31));
    const out = textOf(await get("&view=fleet&live=off"));
    expect(out).toContain(`az resource update --ids ${at.config.batch.resourceId}`);
    expect(out).toContain("6f68b69f-05fe-49cd-b361-777ee9ca7e35");
  });
});

const field = ({ text }: Answer, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? "";

const signIn = (on: boolean): void => {
  if (on) process.env["WEBSITE_AUTH_ENABLED"] = "true";
  else delete process.env["WEBSITE_AUTH_ENABLED"];
};

describe("an order from the page", () => {
  const ada = { "x-ms-client-principal-name": "ada@contoso.example" };
  const browser = { ...ada, "sec-fetch-site": "same-origin", origin: "null", host: "rotator.test" };
  const send = (
    order: string,
    form: Answer,
    change: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = browser,
  ): Promise<Answer> => {
    const names = ["token", "phase", "rotationId", "secretVersion"];
    const fields = { ...Object.fromEntries(names.map((name) => [name, field(form, name)])), reason: "vm-1 is gone" };
    const body = new URLSearchParams({ ...fields, ...change }).toString();
    return rig.surface.call({
      method: "POST",
      path: `/dashboard?code=the-key&account=render-weu&order=${order}`,
      body,
      headers,
    });
  };

  beforeEach(() => signIn(true));
  afterEach(() => signIn(false));

  const waiting = async () => {
    const found = await published(rig, { gate: { soakMs: 0 } });
    await found.vm.report();
    return { ...found, form: await get("&account=render-weu&order=approve", ada) };
  };

  test("is carried out with its reason and the name of the reader, and leads back to the account", async () => {
    const { at, form } = await waiting();
    expect((await get("&account=render-weu", ada)).text).toContain("Approve …");
    expect(form.headers).not.toHaveProperty("refresh");
    const answer = await send("approve", form);
    expect([answer.status, answer.headers["location"]]).toEqual([
      303,
      "dashboard?code=the-key&account=render-weu&done=approve",
    ]);
    expect(await at.phase()).toBe("idle");
    expect(at.eventsOf("Approved")[0]).toMatchObject({
      by: "operator:ada@contoso.example",
      detail: expect.stringMatching(/vm-1 is gone$/),
    });
    const done = await get("&account=render-weu&done=approve", ada);
    expect(done.text).toContain('<p class="note" role="status">Done: approve.</p>');
    expect(done.headers["refresh"]).toBe("10; url=dashboard?code=the-key&account=render-weu");
  });

  test.each(["pause", "rollback"])("can be %s; and resume after it", async (order) => {
    const { at } = await waiting();
    const form = await get(`&account=render-weu&order=${order}`, ada);
    expect((await send(order, form)).status).toBe(303);
    expect((await at.status()).paused).toBe(true);
    expect((await send("resume", await get("&account=render-weu&order=resume", ada))).status).toBe(303);
    expect((await at.status()).paused).toBe(false);
  });

  test("that was decided on something else is refused, and keeps what was typed", async () => {
    const { at, form } = await waiting();
    await at.order("rollback");
    const answer = await send("approve", form, { reason: "vm-1 is <gone>" });
    expect(answer.status).toBe(409);
    expect(textOf(answer)).toContain("Nothing was changed. Phase is adopting, not published");
    expect(answer.text).toContain("vm-1 is &lt;gone&gt;</textarea>");
    expect(at.eventsOf("Approved")).toEqual([]);
  });

  test.each<[string, number, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ["without a reason", 400, { reason: " " }, browser],
    ["without a token", 403, { token: "" }, browser],
    ["with a token for another reader", 403, {}, { ...browser, "x-ms-client-principal-name": "eve" }],
    ["from another site", 403, {}, { ...browser, "sec-fetch-site": "cross-site" }],
    ["from another origin", 403, {}, { ...browser, origin: "https://evil.example" }],
    ["by a client that does not say where it comes from", 403, {}, ada],
    ["without sign-in", 403, {}, { "sec-fetch-site": "same-origin", origin: "null" }],
    ["as JSON", 403, {}, { ...browser, "content-type": "application/json" }],
  ])("%s changes nothing: %d", async (_what, status, change, headers) => {
    const { at, form } = await waiting();
    expect((await send("approve", form, change, headers)).status).toBe(status);
    expect(await at.phase()).toBe("published");
    expect(at.eventsOf("Approved")).toEqual([]);
  });

  test("with a form that is older than half an hour changes nothing", async () => {
    const { at, vm, form } = await waiting();
    await passing(rig, minutes(31), [vm]);
    expect((await send("approve", form)).status).toBe(403);
    expect(await at.phase()).toBe("published");
  });

  test("is not offered, and not carried out, where the platform's sign-in is off", async () => {
    const { at, form } = await waiting();
    signIn(false);
    expect((await get("&account=render-weu", ada)).text).not.toContain("Approve …");
    expect((await get("&account=render-weu&order=approve", ada)).status).toBe(403);
    expect((await send("approve", form)).status).toBe(403);
    expect(await at.phase()).toBe("published");
  });

  test("for an account or an order that is not there is answered 404", async () => {
    const { form } = await waiting();
    expect((await send("delete", form)).status).toBe(404);
    expect((await get("&account=other&order=approve", ada)).status).toBe(404);
  });
});

const isStopped = async (): Promise<boolean> => textOf(await get("&view=fleet")).includes("rotations are stopped");

describe("the form that resumes a stopped fleet", () => {
  const ada = { "x-ms-client-principal-name": "ada@contoso.example" };
  const browser = { ...ada, "sec-fetch-site": "same-origin", origin: "null", host: "rotator.test" };
  const form = "&view=fleet&order=resume";
  const send = (shown: Answer, change: Readonly<Record<string, string>> = {}, headers: object = browser) => {
    const fields = { token: field(shown, "token"), stoppedUntil: field(shown, "stoppedUntil"), reason: "it is fixed" };
    const body = new URLSearchParams({ ...fields, ...change }).toString();
    return rig.surface.call({ method: "POST", path: `/dashboard?code=the-key${form}`, body, headers: { ...headers } });
  };

  beforeEach(async () => {
    signIn(true);
    rig.fleet = aFleet({ breaker: { failures: 1, withinMs: days(30) } });
    await adopted(rig);
    await rig.failInFleet("another");
  });
  afterEach(() => signIn(false));

  test("is offered on its page, is carried out in the reader's name, and leads back", async () => {
    const page = await get("&view=fleet", ada);
    expect(page.text).toContain("dashboard?code=the-key&amp;view=fleet&amp;order=resume");
    expect(textOf(page)).toContain('"stoppedUntil":"');
    const shown = await get(form, ada);
    expect(textOf(shown)).toContain("1 scheduled rotations failed within 30 days (another was rolled back)");
    expect(shown.headers).not.toHaveProperty("refresh");
    const answer = await send(shown);
    expect([answer.status, answer.headers["location"]]).toEqual([303, "dashboard?code=the-key&view=fleet&done=resume"]);
    expect(await isStopped()).toBe(false);
    expect(textOf(await get("&view=fleet&done=resume", ada))).toContain("Done: resume.");
    const [line] = rig.lines.filter(({ event }) => event === "FleetResumed");
    expect(line).toMatchObject({ by: "operator:ada@contoso.example", detail: "it is fixed" });
  });

  test("is refused where another rotation has failed since, and keeps what was typed", async () => {
    const shown = await get(form, ada);
    rig.clock.advance(minutes(1));
    await rig.failInFleet("a third");
    const answer = await send(shown, { reason: "it is <fixed>" });
    expect([answer.status, answer.text.includes("it is &lt;fixed&gt;</textarea>")]).toEqual([409, true]);
    expect(textOf(answer)).toContain("Nothing was changed. The fleet is stopped until");
    expect(await isStopped()).toBe(true);
  });

  test.each<[string, number, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ["without a reason", 400, { reason: " " }, browser],
    ["without a token", 403, { token: "" }, browser],
    ["with a token for another reader", 403, {}, { ...browser, "x-ms-client-principal-name": "eve" }],
    ["from another site", 403, {}, { ...browser, "sec-fetch-site": "cross-site" }],
    ["without sign-in", 403, {}, { "sec-fetch-site": "same-origin", origin: "null" }],
  ])("%s changes nothing: %d", async (_what, status, change, headers) => {
    expect((await send(await get(form, ada), change, headers)).status).toBe(status);
    expect(await isStopped()).toBe(true);
  });

  test("takes no token of an account's form, and none that is older than half an hour", async () => {
    const other = await get("&account=render-weu&order=resume", ada);
    const shown = await get(form, ada);
    expect((await send(shown, { token: field(other, "token") })).status).toBe(403);
    rig.clock.advance(minutes(31));
    expect((await send(shown)).status).toBe(403);
    expect(await isStopped()).toBe(true);
  });

  test("is not offered where the platform's sign-in is off", async () => {
    signIn(false);
    expect((await get("&view=fleet", ada)).text).not.toContain("order=resume");
    expect((await get(form, ada)).status).toBe(403);
  });
});

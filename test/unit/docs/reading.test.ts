import { search } from "./jmespath";
import { readScript } from "./shell";

describe("a block of a document", () => {
  it("is read as a shell reads it: nested commands first, a variable at its use and at its assignment", () => {
    const steps = readScript(`group=batch-keys # a comment
app=$(az deployment group show --name a \\
  --query "x.y" --output tsv)
key() { az keys list --name "$app" --function-name "$1"; }
(cd dist/app && npm run 'a b') | xargs -r az delete --ids
curl "https://$app/\${group}" -H "k: $(key check)"`);
    expect(steps).toEqual([
      { kind: "assigns", name: "group" },
      { kind: "runs", words: words("az deployment group show --name a --query x.y --output tsv") },
      { kind: "assigns", name: "app" },
      { kind: "uses", name: "app" },
      { kind: "runs", words: words("az keys list --name § --function-name §") },
      { kind: "defines", name: "key" },
      { kind: "runs", words: ["cd", "dist/app"] },
      { kind: "runs", words: ["npm", "run", "a b"] },
      { kind: "runs", words: words("xargs -r az delete --ids") },
      { kind: "uses", name: "app" },
      { kind: "uses", name: "group" },
      { kind: "runs", words: ["key", "check"] },
      { kind: "runs", words: ["curl", "https://§/§", "-H", "k: §"] },
    ]);
  });

  it.each(["echo 'a", 'echo "a', "echo $(a", "a <b>", "a > b"])(
    "is refused where a shell would stop or wait: %s",
    (text) => {
      expect(() => readScript(text)).toThrow(/is missing in|needs no/);
    },
  );
});

const words = (text: string): readonly string[] => text.split(" ");

describe("a query", () => {
  const answer = {
    value: [
      { name: "a-1", id: 1 },
      { name: "b", id: 2 },
    ],
    one: { two: "x" },
    none: null,
  };

  it.each([
    ["one.two", "x"],
    ["one.three", null],
    ["none.two", null],
    ["value[0].name", "a-1"],
    ["value[].id", [1, 2]],
    ["value[?starts_with(name, 'a-')].name", ["a-1"]],
    ["value[?name=='b'].id", [2]],
    ["value[?starts_with(name, 'a-')].name | [0]", "a-1"],
    ["[].id", null],
  ])("%s is answered as by the Azure CLI", (query, expected) => {
    expect(search(query, answer)).toEqual(expected);
  });

  it("reads a list at the top", () => {
    expect(search("[?starts_with(name, 'b')].id", answer.value)).toEqual([2]);
  });

  it.each(["one.two || three", "sort(value)", "value[?id > `1`]"])(
    "is refused where this test cannot know: %s",
    (query) => {
      expect(() => search(query, answer)).toThrow("not a known");
    },
  );
});

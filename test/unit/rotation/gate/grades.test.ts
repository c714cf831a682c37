import { grades, isWeaker, weakest } from "../../../../lib/rotation/gate/grades";

test("evidence is weaker than all that stands before it", () => {
  expect(grades).toEqual(["proof", "report", "platform", "log"]);
  const pairs = grades.flatMap((one) =>
    grades.filter((other) => isWeaker(one, other)).map((other) => `${one}<${other}`),
  );
  expect(pairs).toEqual([
    "report<proof",
    "platform<proof",
    "platform<report",
    "log<proof",
    "log<report",
    "log<platform",
  ]);
  expect([weakest("proof", "log"), weakest("log", "proof"), weakest("report", "report")]).toEqual([
    "log",
    "log",
    "report",
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { firstAt, MAX_PATH_CHARS, parsePath, someAt } from "./path.ts";

/** Every value that a path text finds. */
function valuesAt(root: unknown, text: string): unknown[] {
  const values: unknown[] = [];
  const path = parsePath(text);
  assert.ok(path !== undefined, text);
  someAt(root, path, (value) => {
    values.push(value);
    return false;
  });
  return values;
}

test("the published form is read: dots and [n]", () => {
  assert.deepEqual(parsePath("status.state"), ["status", "state"]);
  assert.deepEqual(parsePath("spec.containers[0].ports[12].name"), [
    "spec",
    "containers",
    0,
    "ports",
    12,
    "name",
  ]);
  assert.deepEqual(parsePath("a[1][2]"), ["a", 1, 2]);
  assert.deepEqual(parsePath("$.status.state"), ["status", "state"]);
  assert.deepEqual(parsePath(".status.my-key"), ["status", "my-key"]);
  assert.deepEqual(parsePath("metadata.9/x é"), ["metadata", "9/x é"]);
});

test("kubectl's form is read: braces, and a backslash before a dot in a name", () => {
  assert.deepEqual(parsePath("{.status.state}"), ["status", "state"]);
  assert.deepEqual(parsePath("{.spec.containers[0].name}"), ["spec", "containers", 0, "name"]);
  const label = "{.metadata.labels.app\\.kubernetes\\.io/name}";
  assert.deepEqual(parsePath(label), ["metadata", "labels", "app.kubernetes.io/name"]);
});

test("RFC 9535 is read: names in brackets, positions from the end, wildcards, slices, filters", () => {
  const root = {
    "a.b": { "c d": 1 },
    list: [{ type: "A", n: 1 }, { type: "B", n: 2 }, { type: "B" }],
  };
  assert.deepEqual(parsePath("$['a.b'][\"c d\"]"), ["a.b", "c d"]);
  assert.deepEqual(valuesAt(root, "$['a.b']['c d']"), [1]);
  assert.deepEqual(valuesAt(root, "list[-2].n"), [2]);
  assert.deepEqual(valuesAt(root, "list[*].n"), [1, 2]);
  assert.deepEqual(valuesAt(root, "$.list[0:2].type"), ["A", "B"]);
  assert.deepEqual(valuesAt(root, '$.list[?@.type=="B"].n'), [2]);
  assert.deepEqual(valuesAt(root, "{.list[?(@.type=='B')].type}"), ["B", "B"]);
  assert.deepEqual(valuesAt(root, "list[?@.n && !(@.n < 2 || @.type == 'A')].n"), [2]);
  assert.deepEqual(valuesAt(root, "list[?@.type == 'C']"), []);
});

test("everything else is not a path", () => {
  for (const text of [
    "",
    ".",
    "$",
    "a..b",
    "a.",
    "a[x]",
    "a[0]b",
    "{a",
    "a}",
    "$a",
    "a'b",
    "a b[",
  ]) {
    assert.equal(parsePath(text), undefined, text);
  }
  assert.equal(parsePath("a".repeat(MAX_PATH_CHARS + 1)), undefined);
});

test("what could cost more than a walk through the resource is refused", () => {
  for (const text of [
    "$..a",
    "a[..b]",
    "$[*,*]",
    "a[0,0]",
    "a[?match(@.b, '(x+)+y')]",
    "a[?search(@.b, 'x')]",
    "a[?length(@.b) > 1]",
    "a[?count(@.*) > 1]",
    "a[?$.b]",
    "a[?@..b]",
    "a[?@.*]",
    "a[?@.b[?@.c]]",
    "a[?@.b == 1 || !($.c == 2)]",
  ]) {
    assert.equal(parsePath(text), undefined, text);
  }
});

test("values are found by own keys and list positions only", () => {
  const root = { a: { b: [10, { c: true }] }, n: null };
  assert.equal(firstAt(root, "a.b[0]"), 10);
  assert.equal(firstAt(root, "a.b[1].c"), true);
  for (const text of ["a.b[2]", "a.b.length", "a[0]", "n.x", "a.toString", "__proto__.x"]) {
    assert.equal(firstAt(root, text), undefined, text);
  }
  assert.deepEqual(valuesAt(root, "$.*.toString"), []);
});

test("a path is plain JSON that means the same when it comes back", () => {
  const path = parsePath("{.list[?(@.n>1)].n}");
  assert.ok(path !== undefined);
  const stored = JSON.parse(JSON.stringify(path));
  assert.deepEqual(parsePath(stored), path);
  assert.ok(someAt({ list: [{ n: 2 }] }, stored, (value) => value === 2));
});

test("any text and any object give a value or nothing, never an exception", () => {
  const pieces = fc.constantFrom(..."$.[]*?@()'\"\\{}:,-01ab!&|=< ", "..", "[?", "@.", "[*]", "==");
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(text, fc.jsonValue(), (path, root) => void firstAt(root, path)),
    { numRuns: 2000 },
  );
});

/** The same value, counting what is read of it. */
function counted(root: object): { readonly root: object; reads(): number } {
  let reads = 0;
  const wrap = (value: unknown): unknown =>
    typeof value === "object" && value !== null ? new Proxy(value, handler) : value;
  const handler: ProxyHandler<object> = {
    get(target, key, receiver) {
      reads++;
      return wrap(Reflect.get(target, key, receiver));
    },
    getOwnPropertyDescriptor(target, key) {
      reads++;
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
  };
  return { root: wrap(root) as object, reads: () => reads };
}

test("no accepted path reads more than a few times each value for each of its parts", () => {
  const leaf = { a: 1, b: "x" };
  const twig = { a: leaf, b: [leaf, leaf, leaf, leaf], c: [1, 2, 3, 4] };
  const doc = { a: [twig, twig, twig, twig], b: { a: twig, b: twig } };
  const values = JSON.stringify(doc).split(/[:,[{]/).length;
  const part = fc.constantFrom("[*]", ".*", ".a", "[0]", "[:]", "[::-1]", "[?@.a]", "[?@.b==@.a]");
  const odd = fc.constantFrom("..*", "[*,*]", "[?count(@..*)>0]", "[?@[?@.a]]", "[?$..a]");
  const paths = fc.array(fc.oneof({ weight: 12, arbitrary: part }, odd), { maxLength: 60 });
  let accepted = 0;
  fc.assert(
    fc.property(paths, (parts) => {
      const path = parsePath(`$${parts.join("")}`);
      if (path === undefined) return;
      accepted++;
      const { root, reads } = counted(doc);
      someAt(root, path, () => false);
      const most = 20 * values * parts.length;
      assert.ok(reads() <= most, `${parts.join("")}: ${reads()} reads, ${values} values`);
    }),
    { numRuns: 1000 },
  );
  assert.ok(accepted > 50, `${accepted} accepted`);
});

test("a hostile text is read or refused in little time", (t) => {
  const fill = (unit: string, end = "") =>
    unit.repeat(Math.floor((MAX_PATH_CHARS - end.length) / unit.length)) + end;
  const texts = [
    fill("("),
    fill("a[?("),
    fill("a[?!"),
    fill("[?@.a&&", "]"),
    fill("a."),
    fill("a\\."),
    fill("a[0]", "!"),
    fill("['", "]"),
    fill("\\"),
    fill("$.."),
    fill("[?@.b==", "1]"),
    `a[?${fill("@.a||")}`,
  ];
  const started = performance.now();
  for (let n = 0; n < 20; n++) for (const text of texts) parsePath(text);
  const each = (performance.now() - started) / 20 / texts.length;
  t.diagnostic(`${each.toFixed(3)} ms a text`);
  assert.ok(each < 20, `${each} ms`);
});

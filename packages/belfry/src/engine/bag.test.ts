import assert from "node:assert/strict";
import { test } from "node:test";
import { Bag, type Placed } from "./bag.ts";

interface Thing extends Placed {
  readonly name: string;
}

const thing = (name: string): Thing => ({ name, place: null });
const namesOf = (bag: Bag<Thing>): ReadonlySet<string> => new Set([...bag].map(({ name }) => name));

test("what was added is in it until it is deleted, whatever else comes and goes", () => {
  const bag = new Bag<Thing>();
  const things = ["a", "b", "c", "d"].map(thing);
  for (const one of things) bag.add(one);
  const [a, b, c, d] = things;
  assert.ok(a && b && c && d);
  bag.delete(a);
  bag.delete(d);
  assert.deepEqual(namesOf(bag), new Set(["b", "c"]));
  bag.add(a);
  bag.delete(b);
  assert.deepEqual(namesOf(bag), new Set(["a", "c"]));
  assert.equal(bag.size, 2);
});

test("deleting twice, or what was never added, changes nothing", () => {
  const bag = new Bag<Thing>();
  const [kept, gone] = [thing("kept"), thing("gone")];
  bag.add(gone);
  bag.add(kept);
  bag.delete(gone);
  bag.delete(gone);
  bag.delete(thing("stranger"));
  assert.deepEqual(namesOf(bag), new Set(["kept"]));
});

test("who walks over it sees what was there when it began", () => {
  const bag = new Bag<Thing>();
  for (const name of ["a", "b", "c"]) bag.add(thing(name));
  const seen: string[] = [];
  for (const one of bag) {
    seen.push(one.name);
    bag.delete(one);
    if (seen.length === 1) bag.add(thing("late"));
  }
  assert.deepEqual(seen, ["a", "b", "c"]);
  assert.deepEqual(namesOf(bag), new Set(["late"]));
});

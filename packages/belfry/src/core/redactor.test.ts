import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Redactor } from "./redactor.ts";

function knowing(secrets: Readonly<Record<string, string>>): Redactor {
  const redactor = new Redactor();
  for (const [name, value] of Object.entries(secrets)) redactor.know(name, value);
  return redactor;
}

describe("a redactor", () => {
  it("puts a secret's name in the place of its value, wherever it stands", () => {
    const redactor = knowing({ PW: "hunter2", TOKEN: "tök€n" });
    assert.equal(
      redactor.text("hunter2: xhunter2y hunter hunter22, tök€n"),
      "[secret PW]: x[secret PW]y hunter [secret PW]2, [secret TOKEN]",
    );
  });

  it("gives back what holds no secret as it is, lone surrogates too", () => {
    const text = "nothing here \ud800";
    assert.equal(knowing({ PW: "hunter2" }).text(text), text);
    assert.equal(new Redactor().text("hunter2"), "hunter2");
  });

  it("hides all of secrets that overlap, and of one within another", () => {
    const redactor = knowing({ A: "abcdef", B: "defghi", C: "bcde" });
    assert.equal(redactor.text("-abcdefghi-"), "-[secret A]-");
    assert.equal(redactor.text("-bcdefghi-bcde-"), "-[secret C]-[secret C]-");
  });

  it("finds the forms that JSON, URLs and base64 give to a value", () => {
    const value = 'p"ss wörd\\/+';
    const redactor = knowing({ PW: value });
    const forms = [
      JSON.stringify({ value }),
      encodeURIComponent(value),
      ...["", "a", "ab", "user:"].flatMap((before) => [
        Buffer.from(before + value).toString("base64"),
        Buffer.from(`${before}${value} and more`).toString("base64url"),
      ]),
    ];
    for (const form of forms) {
      const shown = redactor.text(form);
      assert.match(shown, /\[secret PW\]/, form);
      assert.ok(shown.length < form.length + 12);
    }
  });

  it("finds each line of a value of several, however it is broken and indented", () => {
    const key = "-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n";
    const redactor = knowing({ KEY: key });
    assert.equal(redactor.text(`<${key.trimEnd()}>`), "<[secret KEY]>");
    assert.equal(redactor.text("\r\n  MIIEvQIBADAN\r\n"), "\r\n  [secret KEY]\r\n");
  });

  it("says so of a value that is too short, and leaves it", () => {
    const redactor = new Redactor();
    assert.equal(redactor.know("PIN", "123"), "short");
    assert.equal(redactor.know("NONE", " \n"), "short");
    assert.equal(redactor.isEmpty, true);
    assert.equal(redactor.know("PIN", "1234"), "hidden");
    assert.equal(redactor.text("12345"), "[secret PIN]5");
  });

  it("names no secret whose name could be mistaken for something else", () => {
    assert.equal(knowing({ 'a"b': "hunter2" }).text("hunter2"), "[secret]");
  });

  it("leaves JSON that it changes JSON: texts, keys and numbers", () => {
    const redactor = knowing({ PIN: "123456", PW: 'hun"ter' });
    const json = JSON.stringify({ a: 123456, b: ['hun"ter', 1], "123456": null, c: -1234567.5 });
    assert.deepEqual(JSON.parse(redactor.json(json)), {
      a: "[secret PIN]",
      b: ["[secret PW]", 1],
      "[secret PIN]": null,
      c: "-[secret PIN]7.5",
    });
    const harmless = '{ "a" : 1 }';
    assert.equal(redactor.json(harmless), harmless);
  });

  it("takes secrets out of errors, and passes on those that hold none", () => {
    const redactor = knowing({ PW: "hunter2" });
    const record = { message: "no hunter2", code: "E-hunter2", stack: "at hunter2.ts" };
    assert.deepEqual(redactor.error(record), {
      message: "no [secret PW]",
      code: "E-[secret PW]",
      stack: "at [secret PW].ts",
    });
    const harmless = new Error("fine");
    assert.equal(redactor.thrown(harmless), harmless);
    const told = redactor.thrown(new Error("no hunter2"));
    assert.ok(told instanceof Error);
    assert.doesNotMatch(`${told.message} ${told.stack}`, /hunter2/);
    assert.equal(redactor.thrown("hunter2"), "[secret PW]");
  });
});

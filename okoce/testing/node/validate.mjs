// `node validate.mjs <folder>`: judges every .html file of the folder and prints the faults as JSON,
// [{file, rule, line, message}]. What is a matter of style alone is left to djlint.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FileSystemConfigLoader, HtmlValidate } from "html-validate";

const style = [
  "attribute-boolean-style", "attribute-empty-style", "attr-quotes", "doctype-style", "no-trailing-whitespace",
  "void-style", "long-title", "no-implicit-button-type", "no-implicit-input-type", "tel-non-breaking",
  "prefer-native-element", "require-sri",
];
const rules = {
  ...Object.fromEntries(style.map((name) => [name, "off"])),
  "aria-label-misuse": ["error", { allowAnyNamable: true }], // ARIA lets a list have a name
  "form-dup-name": ["error", { shared: ["radio", "checkbox", "submit", "button", "reset"] }], // a list of choices
};
const judge = new HtmlValidate(
  new FileSystemConfigLoader({ root: true, extends: ["html-validate:recommended"], rules }),
);
const folder = process.argv[2];
const faults = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith(".html")).sort()) {
  const report = await judge.validateString(readFileSync(join(folder, file), "utf8"), join(folder, file));
  for (const { messages } of report.results) {
    for (const { ruleId, line, message, severity } of messages) {
      if (severity === 2) faults.push({ file, rule: ruleId, line, message });
    }
  }
}
console.log(JSON.stringify(faults));

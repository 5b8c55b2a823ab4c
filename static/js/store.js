// What waits to be sent, in this browser: entries, each of one author, and who the author is now.
// An entry: id, author, action, title, fields [[name, value]], lines [[label, value]], made_at, state
// (waiting, refused, sent) and what came of it: sent_at, next, status, reasons.
let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("okoce", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("entries", { keyPath: "id" }).createIndex("author", "author");
      request.result.createObjectStore("facts");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => {
        request.result.close();
        opened = undefined;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      opened = undefined;
      reject(request.error);
    };
  });
  return opened;
}

/** Runs `act` in one transaction; resolves with its result once everything is on the disk. */
async function within(names, mode, act) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(names, mode);
    const request = act(transaction);
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

export const put = (entry) => within("entries", "readwrite", (t) => t.objectStore("entries").put(entry));
export const get = (id) => within("entries", "readonly", (t) => t.objectStore("entries").get(id));
export const remove = (id) => within("entries", "readwrite", (t) => t.objectStore("entries").delete(id));

/** The entries of one author, the oldest first. Nobody's (no author) are none. */
export async function of(author) {
  if (!author) return [];
  const entries = await within("entries", "readonly", (t) => t.objectStore("entries").index("author").getAll(author));
  return entries.sort((one, other) => one.made_at - other.made_at);
}

/** Changes an entry that is still there; false when another tab has thrown it away meanwhile. */
export async function change(id, values) {
  let found = false;
  await within("entries", "readwrite", (t) => {
    const entries = t.objectStore("entries");
    entries.get(id).onsuccess = (event) => {
      if (!event.target.result) return;
      found = true;
      entries.put({ ...event.target.result, ...values });
    };
  });
  return found;
}

/** Forgets everything of one author: at sign-out. */
export async function empty(author) {
  if (!author) return;
  await within(["entries", "facts"], "readwrite", (t) => {
    const entries = t.objectStore("entries");
    entries.index("author").getAllKeys(author).onsuccess = (event) => event.target.result.forEach((id) => entries.delete(id));
    const facts = t.objectStore("facts");
    facts.get("author").onsuccess = (event) => {
      if (event.target.result === author) facts.delete("author");
    };
  });
}

/** Whose page was seen last: what a page without signal, which knows nobody, may show. */
export const author = async () => (await within("facts", "readonly", (t) => t.objectStore("facts").get("author"))) ?? "";
export const setAuthor = (id) =>
  within("facts", "readwrite", (t) => (id ? t.objectStore("facts").put(id, "author") : t.objectStore("facts").delete("author")));

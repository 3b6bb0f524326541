// Files that come with the package, which a bundler may leave out and a server not serve.
import { embeddedCompanions } from './companions.js';
import { embeddedModel } from './embedded.js';

/** What to do where one of them is missing. */
export const ownFilesAdvice =
  "copy bertlet's folders dist and models, side by side, so that it is found there";

/** Where a file is, for messages: without a query or password, which may be secrets. @param {URL} url */
export function addressOf({ protocol, origin, pathname }) {
  return protocol === 'file:' ? pathname : origin + pathname;
}

/** Whether a file is one of the embedded model and its adapters. @param {string} href */
export function isOwnFile(href) {
  const folders = [embeddedModel(), ...Object.values(embeddedCompanions())];
  return folders.some((files) => Object.values(files).some((url) => url.href === href));
}

// Runs once in every sandbox, before the first script. It leaves what scripts
// need, and freezes it.
(function (...prototypes) {
  'use strict';
  const kept = new Set([
    'Array', 'Boolean', 'Date', 'Error', 'EvalError', 'Function', 'Infinity', 'JSON', 'Map', 'Math', 'NaN', 'Number', 'Object',
    'RangeError', 'ReferenceError', 'RegExp', 'Set', 'String', 'SyntaxError', 'TypeError', 'URIError',
    'decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'isFinite', 'isNaN',
    'globalThis', 'parseFloat', 'parseInt', 'undefined', 'unescape', '\u0000text', '\u0000has', '\u0000present',
  ]);
  const { ownKeys } = Reflect;
  const { freeze, getPrototypeOf, getOwnPropertyDescriptor, defineProperty } = Object;
  const global = globalThis;

  const method = (prototype, name, value) =>
    defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  method(String.prototype, 'equals', function (other) { return String(this) === other; });
  method(Date.prototype, 'before', function (other) { return this.getTime() < other.getTime(); });
  method(Date.prototype, 'after', function (other) { return this.getTime() > other.getTime(); });

  // Kinds of objects that only syntax leads to.
  const hidden = [
    function* () {}, (function* () {})(), async function () {}, (async function () {})(),
    [][Symbol.iterator](), ''[Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](),
    'x'.matchAll(/x/g), (function () { return arguments; })(), () => 0, /x/,
  ];

  // Functions made from text, and functions whose nesting nothing bounds.
  for (const f of [function () {}, function* () {}, async function () {}]) {
    delete getPrototypeOf(f).constructor;
  }
  delete getPrototypeOf(hidden[3]).constructor;
  delete Function.prototype.bind;
  delete Array.prototype.flat;
  delete Array.prototype.toLocaleString;
  delete JSON.stringify;
  delete String.raw;
  delete Symbol.prototype.constructor; // Symbol.isConcatSpreadable would make concat walk through anything
  delete RegExp.prototype.compile;
  for (const name of ownKeys(global)) {
    if (!kept.has(name)) {
      delete global[name];
    }
  }
  delete global.Function;

  const seen = new Set();
  const todo = [global, ...prototypes, ...hidden];
  while (todo.length > 0) {
    const o = todo.pop();
    if (o === null || (typeof o !== 'object' && typeof o !== 'function') || seen.has(o)) {
      continue;
    }
    seen.add(o);
    freeze(o);
    todo.push(getPrototypeOf(o));
    for (const key of ownKeys(o)) {
      const d = getOwnPropertyDescriptor(o, key);
      todo.push(d.value, d.get, d.set);
    }
  }
})

/** What an element can hold. Text is text, never markup. */
export type Child = Node | string | undefined;

type Properties<Name extends keyof HTMLElementTagNameMap> = Partial<
  Omit<HTMLElementTagNameMap[Name], "style" | "dataset" | "children">
>;

/** Makes an element with properties and children. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties<Name> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A button with what it does. */
export function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", { type: "button" }, text);
  made.addEventListener("click", onClick);
  return made;
}

/** A number as the reader writes it. */
export function number(value: number): string {
  return value.toLocaleString();
}

/** Lets the page answer the reader, and draw. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icons";

/** Puts text on the clipboard; also where the clipboard API is missing (plain http). */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "offscreen";
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

interface Props {
  link: string;
  class: string;
  label?: string;
  testid?: string;
  /** Only the icon is visible; the label is for screen readers. */
  bare?: boolean;
  onCopied?: () => void;
}

/** A button that copies a link and says so for two seconds. */
export function CopyButton({ link, class: cls, label = "Copy link", testid = "copy-link", bare, onCopied }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (!(await copyText(link))) return;
    setCopied(true);
    onCopied?.();
  };
  const text = copied ? "Link copied" : label;
  return (
    <button type="button" class={cls} onClick={copy} data-testid={testid} aria-label={text} title={bare ? text : undefined}>
      <Icon name={copied ? "check" : "link"} />
      {!bare && <span class="button-text">{copied ? "Copied" : label}</span>}
    </button>
  );
}

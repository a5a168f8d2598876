// The end of a visit, or why there was none: what happened and the ways on.
import { useEffect, useRef } from "preact/hooks";
import { type Way, messageFor } from "../sentences";
import { CopyButton } from "../ui/copy";
import { Icon } from "../ui/icons";
import { Logo } from "../ui/logo";
import { Scene } from "../ui/scene";
import { useMeet } from "./context";

export function Outcome() {
  const { store } = useMeet();
  const heading = useRef<HTMLHeadingElement>(null);
  const code = store.outcome.value?.code ?? "internal";
  const message = messageFor(code);
  useEffect(() => heading.current?.focus(), [code]);
  return (
    <div class="outcome" data-testid="message" data-code={code}>
      <header class="lobby-head"><a href="/" aria-label="Causeway, start page"><Logo /></a></header>
      <main>
        <h1 ref={heading} tabIndex={-1}>{message.title}</h1>
        <p data-testid="message-text">{message.text}</p>
        <div class="outcome-ways">{message.ways.map((way, i) => <WayButton key={way} way={way} first={i === 0} />)}</div>
      </main>
      <Scene band />
    </div>
  );
}

function WayButton({ way, first }: { way: Way; first: boolean }) {
  const { call, store, link } = useMeet();
  const look = `button ${first ? "main" : "quiet"}`;
  switch (way) {
    case "again":
      return <button type="button" class={look} onClick={() => void call.again()} data-testid="way-again"><Icon name="again" /> Try again</button>;
    case "rejoin":
      return <button type="button" class={look} onClick={() => (store.phase.value = "lobby")} data-testid="way-rejoin">Go back in</button>;
    case "move-here":
      return <button type="button" class={look} onClick={() => void call.again()} data-testid="way-move-here">Continue here</button>;
    case "copy":
      return <CopyButton link={link} class={look} label="Copy the link" />;
    case "home":
      return <a class={look} href="/" data-testid="way-home">To the start page</a>;
  }
}

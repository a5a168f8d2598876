import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** The size of an element's content box in CSS pixels, followed. */
export function useSize<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current!;
    const read = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    read();
    return () => observer.disconnect();
  }, []);
  return { ref, ...size };
}

/** A size as a style. Preact adds no unit to a number. */
export function px({ width, height }: { width: number; height?: number }): Record<string, string> {
  return height === undefined ? { width: `${width}px` } : { width: `${width}px`, height: `${height}px` };
}

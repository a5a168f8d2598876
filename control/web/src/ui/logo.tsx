// The mark: a causeway on two arches, a beacon at its end, the tide below.

export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg class="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
      <path class="mark-deck" d="M3 11h26v10h-2.3a4.7 4.7 0 0 0-9.4 0h-2.6a4.7 4.7 0 0 0-9.4 0H3z" />
      <circle class="mark-beacon" cx="24.5" cy="5.6" r="2.6" />
      <path class="mark-tide" d="M3 26.4c2.2 0 2.2 1.4 4.4 1.4s2.1-1.4 4.3-1.4 2.2 1.4 4.3 1.4 2.2-1.4 4.3-1.4 2.2 1.4 4.4 1.4 2.1-1.4 4.3-1.4" />
    </svg>
  );
}

export function Logo() {
  return (
    <span class="logo">
      <Mark />
      <span class="logo-word">Causeway</span>
    </span>
  );
}

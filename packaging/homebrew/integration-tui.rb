# Filled by scripts/package, which replaces what stands between @ signs. See docs/packaging.md.
class IntegrationTui < Formula
  desc "Connect school roster systems, sync rosters, and prove who did what"
  homepage "@HOMEPAGE@"
  url "@URL@"
  version "@VERSION@"
  sha256 "@SHA256@"
  license "MIT"

  depends_on "rust" => :build # for libraries without a wheel for this machine
  depends_on "python@3.12"

  def install
    system Formula["python@3.12"].opt_bin/"python3.12", "-m", "venv", libexec
    (buildpath/"constraints.txt").write constraints
    system libexec/"bin/pip", "install", "--constraint", "constraints.txt", buildpath
    bin.install_symlink libexec/"bin/integration-tui"
    man1.install "docs/man/integration-tui.1"
    generate_completions_from_executable(bin/"integration-tui", "completion")
  end

  # The pinned versions, without the hashes and extras that pip takes no constraints with.
  def constraints
    (buildpath/"requirements.txt").read.scan(/^([\w.-]+)(?:\[[\w,]+\])?(==\S+)/).map(&:join).join("\n")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/integration-tui --version")
    assert_match "jefferson-roster", shell_output("#{bin}/integration-tui demo --once --json")
  end
end

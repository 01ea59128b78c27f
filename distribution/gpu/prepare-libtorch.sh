#!/usr/bin/env bash
# Prepares a folder with libtorch for CUDA and DJL's libdjl_torch for it, from a libtorch that you have. Downloads nothing.
set -euo pipefail

readonly version=2.7.1
readonly flavor=cu128
readonly djl=0.35.1
readonly oldest_driver=570

usage() {
  cat <<END
Usage: prepare-libtorch.sh --from SOURCE [--to DIR] [--jni JAR]

  --from SOURCE  libtorch $version for CUDA 12.8 (+$flavor): the archive libtorch-...zip, the folder that it unpacks to, or
                 the folder "torch" of a Python installation of PyTorch $version+$flavor
  --to DIR       the folder to make; default: ~/.plumbline/libtorch-$version-$flavor
  --jni JAR      pytorch-jni-$version-$djl.jar; default: the one in the local Maven repository

The archive (C++/Java, Linux, LibTorch, CUDA 12.8) is offered at https://pytorch.org/get-started/previous-versions/ and
https://download.pytorch.org/libtorch/$flavor/. Other versions do not work: libdjl_torch is built for exactly this one.

Exit codes: 0 the folder is ready; 2 the arguments or the libtorch they name do not fit; 1 anything else.
END
}

say() { printf 'prepare-libtorch: %s\n' "$*" >&2; }

refuse() { # what is wrong, what to do
  say "$1"
  say "to do: $2"
  exit 2
}

# --- arguments ----------------------------------------------------------------------------------------------------------
from=
to=${HOME:-/root}/.plumbline/libtorch-$version-$flavor
jni=
while (($#)); do
  case $1 in
    --from | --to | --jni)
      (($# >= 2)) || refuse "$1 needs a value." "see --help."
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) refuse "unknown argument '$1'." "see --help." ;;
  esac
done
[[ -n $from ]] || refuse "no libtorch is named." "give --from; --help says what fits and where it is offered."
[[ -e $from ]] || refuse "'$from' does not exist." "correct --from."
[[ ! -e $to ]] || refuse "'$to' is already there." "remove it, or give another folder with --to."
if [[ $(uname -s) != Linux || $(uname -m) != x86_64 ]]; then
  refuse "this is $(uname -s) on $(uname -m)." "DJL's libdjl_torch for CUDA exists for Linux on x86-64; use such a machine."
fi
command -v unzip >/dev/null || refuse "there is no unzip." "install it."

if [[ -z $jni ]]; then
  jni=${HOME:-/root}/.m2/repository/ai/djl/pytorch/pytorch-jni/$version-$djl/pytorch-jni-$version-$djl.jar
fi
[[ -f $jni ]] || refuse "'$jni' does not exist." "build Plumbline once (mvn -DskipTests package), or name the jar with --jni."

# --- the work is done beside the target, which appears complete or not at all -----------------------------------------
part=$to.part.$$
trap 'rm -rf -- "$part"' EXIT
mkdir -p -- "$part"

# --- libtorch ---------------------------------------------------------------------------------------------------------
if [[ -f $from ]]; then
  unzip -tqq "$from" >/dev/null 2>&1 || refuse "'$from' is no complete zip archive." "download it again, or unpack it and name its folder."
  say "unpacking $from ..."
  unzip -qq "$from" -d "$part/unpacked"
  source=$part/unpacked
  [[ -d $source/libtorch ]] && source=$source/libtorch
else
  source=$(cd "$from" && pwd)
fi
if [[ -d $source/lib ]]; then lib=$source/lib; else lib=$source; fi
for name in libc10.so libtorch_cpu.so libtorch.so; do
  [[ -e $lib/$name ]] || refuse "there is no $name in $lib." "name a libtorch $version+$flavor; --help says where it is offered."
done

found=
if [[ -r $source/build-version ]]; then
  found=$(tr -d '[:space:]' <"$source/build-version")
elif [[ -r $source/version.py ]]; then
  found=$(sed -n "s/^__version__ = '\([^']*\)'.*/\1/p" "$source/version.py")
fi
[[ -n $found ]] || refuse "$source does not tell its version: it has neither build-version nor version.py." \
  "name the folder that the archive unpacks to, which has both lib and build-version."
[[ ${found%%+*} == "$version" ]] || refuse "this libtorch is $found; libdjl_torch is built for $version." "bring libtorch $version+$flavor."
[[ -e $lib/libtorch_cuda.so && -e $lib/libc10_cuda.so ]] || refuse "this libtorch ($found) is for the CPU: it has no libtorch_cuda.so." \
  "bring libtorch $version+$flavor; for the CPU nothing has to be prepared."
[[ $found == *+* && ${found#*+} != "$flavor" ]] && refuse "this libtorch is for ${found#*+}; libdjl_torch is built for $flavor." \
  "bring libtorch $version+$flavor."

# libdjl_torch is built with the newer ABI of the C++ library; an archive "pre-cxx11" would load and then miss a symbol.
if ! grep -aqF '_ZN3c105ErrorC2ENS_14SourceLocationENSt7__cxx1112basic_string' "$lib/libc10.so"; then
  refuse "this libtorch was built with the older C++ ABI (pre-cxx11)." "bring the archive with the cxx11 ABI (shared-with-deps)."
fi

say "collecting the libraries of libtorch $found ..."
mkdir -p -- "$part/folder"
collect() { # moves what was unpacked here, links to what belongs to somebody else
  local file
  for file in "$1"/*.so "$1"/*.so.*; do
    [[ -e $file ]] || continue
    if [[ $file == "$part"/* ]]; then mv -- "$file" "$part/folder/"; else ln -sf -- "$file" "$part/folder/"; fi
  done
}
collect "$lib"
# A Python installation keeps NVIDIA's libraries in packages of their own beside it.
for nvidia in "$source"/../nvidia/*/lib; do
  if [[ -d $nvidia ]]; then collect "$nvidia"; fi
done
printf '%s\n' "$found" >"$part/folder/build-version"

# --- libdjl_torch -----------------------------------------------------------------------------------------------------
unzip -p "$jni" "jnilib/linux-x86_64/$flavor/libdjl_torch.so" >"$part/folder/libdjl_torch.so" 2>/dev/null ||
  refuse "'$jni' holds no libdjl_torch.so for $flavor." "name pytorch-jni-$version-$djl.jar with --jni."
[[ $(unzip -p "$jni" jnilib/pytorch.properties 2>/dev/null) == *"jni_version=$version-"* ]] ||
  refuse "'$jni' is not for libtorch $version." "name pytorch-jni-$version-$djl.jar with --jni."

# --- what is still missing on this machine ------------------------------------------------------------------------------
warnings=0
warn() {
  warnings=$((warnings + 1))
  say "warning: $1"
}
if command -v ldd >/dev/null; then
  missing=$(LD_LIBRARY_PATH=$part/folder ldd "$part/folder/libtorch_cuda.so" "$part/folder/libdjl_torch.so" 2>/dev/null |
    awk '/not found/ && $1 != "libcuda.so.1" { print $1 }' | sort -u | tr '\n' ' ') || true
  [[ -z ${missing:-} ]] || warn "libraries that are needed and not found: $missing"
fi
if command -v nvidia-smi >/dev/null && driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null | head -n 1) &&
  [[ $driver =~ ^[0-9]+ ]]; then
  ((BASH_REMATCH[0] >= oldest_driver)) || warn "NVIDIA's driver is $driver; CUDA 12.8 wants $oldest_driver or newer."
else
  warn "no NVIDIA driver and card were found here (nvidia-smi); the folder will work where there are."
fi

mkdir -p -- "$(dirname -- "$to")"
mv -- "$part/folder" "$to"
say "ready, with $warnings warnings. Set these, then ask './plumbline doctor':"
cat <<END
export PYTORCH_LIBRARY_PATH=$(printf '%q' "$(cd "$to" && pwd)")
export PYTORCH_VERSION=$version
export PYTORCH_FLAVOR=$flavor
END

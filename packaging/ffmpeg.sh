#!/bin/sh
# Builds FFmpeg and dav1d as static libraries in target/dist/ffmpeg: what decodes clips, under the LGPL, without encoders,
# devices, filters and network. Takes 7 minutes on two cores; does nothing if it was done before.
set -eu
. "$(dirname "$0")/common.sh"

prefix=$dist/ffmpeg
stamp=$(cat "$here/ffmpeg.sh" "$here/sources.sha256" | sha256sum)
if [ "$(cat "$prefix/stamp" 2>/dev/null)" = "$stamp" ]; then
    exit
fi
need cc make nasm meson ninja pkg-config dpkg-source
"$here/sources.sh"

work=$dist/ffmpeg-build
jobs=${JOBS:-$(nproc)}
rm -rf "$prefix" "$work"
mkdir -p "$work" "$prefix/lib/pkgconfig"
for source in "$dist"/sources/*.dsc; do
    name=$(basename "$source" | cut -d_ -f1)
    dpkg-source --no-check --extract "$source" "$work/$name"
done

cd "$work/dav1d"
meson setup build --prefix="$prefix" --libdir=lib --buildtype=release --default-library=static \
    -Denable_tools=false -Denable_tests=false
ninja -C build -j "$jobs" install

# The system's static zlib: a library in a system folder would be linked dynamically.
cp "$(cc -print-file-name=libz.a)" "$prefix/lib/"
cat >"$prefix/lib/pkgconfig/zlib.pc" <<END
Name: zlib
Description: zlib compression library
Version: $(pkg-config --modversion zlib)
Libs: -L$prefix/lib -lz
END

# The prefix is recorded in the libraries, so that it is the same on every machine; pkg-config's files name the true one.
cd "$work/ffmpeg"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
./configure --prefix=/ffmpeg --enable-static --disable-shared --enable-pic --pkg-config-flags=--static \
    --disable-programs --disable-doc --disable-debug --disable-indevs --disable-outdevs --disable-filters --disable-network \
    --disable-encoders --disable-muxers --disable-autodetect --enable-zlib --enable-libdav1d
make -j "$jobs"
make install DESTDIR="$work/install"
cp -r "$work/install/ffmpeg/." "$prefix/"
sed -i "s|=/ffmpeg|=$prefix|" "$prefix"/lib/pkgconfig/libav*.pc "$prefix"/lib/pkgconfig/libsw*.pc

mkdir "$prefix/licences"
cp COPYING.LGPLv2.1 "$prefix/licences/FFmpeg"
cp ../dav1d/COPYING "$prefix/licences/dav1d"
cp /usr/share/doc/zlib1g-dev/copyright "$prefix/licences/zlib"
rm -rf "$work"
echo "$stamp" >"$prefix/stamp"

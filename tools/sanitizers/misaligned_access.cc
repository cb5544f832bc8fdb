// Reads an int at an address that no int can have.

int main() {
  alignas(int) static unsigned char bytes[8] = {};
  volatile unsigned offset = 1;
  const volatile int* const misaligned =
      reinterpret_cast<const volatile int*>(bytes + offset);
  return *misaligned;
}
